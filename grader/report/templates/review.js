"use strict";
(() => {
  const at = (selector) => document.querySelector(selector);
  const evidence = at("#evidence"), points = at("#points"), reason = at("#reason"), form = at("form");
  const choice = (value) => at(`input[name=counts][value=${value}]`);
  const follow = (selector) => { const link = at(selector); if (link) link.click(); };
  const focus = (field) => { if (field) field.focus({ preventScroll: field === points }); };
  const answer = () => points || at("input[name=counts]:checked") || choice("yes");
  const give = (value) => { if (points) { points.value = value; focus(points); draft(); } };
  const choose = (value) => { const one = choice(value); if (one) { one.checked = true; focus(one); draft(); } };

  // What is typed and not saved is still there after a look at another item.
  const key = form ? `draft ${new FormData(form).get("run")} ${new FormData(form).get("id")}` : "";
  const draft = () => {
    const fields = new FormData(form);
    sessionStorage.setItem(key, JSON.stringify({ points: fields.get("points"), counts: fields.get("counts"), reason: fields.get("reason") }));
  };
  const restore = () => {
    const kept = JSON.parse(sessionStorage.getItem(key) || "{}");
    if (at("#problem") || !kept) return;
    if (points && kept.points) points.value = kept.points;
    if (kept.counts && choice(kept.counts)) choice(kept.counts).checked = true;
    if (kept.reason) reason.value = kept.reason;
  };

  const keys = {
    j: () => follow("a[rel=next]"),
    k: () => follow("a[rel=prev]"),
    p: () => focus(answer()),
    y: () => choose("yes"),
    n: () => choose("no"),
    a: () => give(points && points.dataset.most),
    l: () => give(points && points.dataset.least),
    r: () => focus(reason),
    o: () => follow("#whole"),
    e: () => {
      const all = [...document.querySelectorAll("details.section")], open = !all.every((one) => one.open);
      all.forEach((one) => { one.open = open; });
    },
    "?": () => { const help = at("#keys"); if (help) { help.open = !help.open; help.scrollIntoView({ block: "nearest" }); } },
    1: () => follow("[data-key='1']"),
    2: () => follow("[data-key='2']"),
    3: () => follow("[data-key='3']"),
  };
  const scrolling = { PageDown: 0.85, PageUp: -0.85 };

  document.addEventListener("keydown", (event) => {
    const typing = event.target === reason, number = event.target === points;
    if (event.key === "Enter" && event.ctrlKey && form) { event.preventDefault(); form.requestSubmit(); return; }
    if (event.key === "Escape") { document.activeElement.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (event.key in scrolling && evidence) {
      event.preventDefault();
      evidence.scrollBy({ top: scrolling[event.key] * evidence.clientHeight });
      return;
    }
    if (number && /^[0-9]$/.test(event.key)) return;
    if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
  });

  if (!form) return;
  form.addEventListener("input", draft);
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) { event.preventDefault(); return; }
    sent = true;
    sessionStorage.setItem("sent", key);
  });
  window.addEventListener("pageshow", () => { sent = false; });
  if (at("#said").textContent) sessionStorage.removeItem(sessionStorage.getItem("sent"));
  restore();

  // A status that is there from the start is not read aloud: it is put in once more.
  const said = at("#said"), text = said.textContent;
  said.textContent = "";
  setTimeout(() => { said.textContent = text; }, 100);
  const here = at(".rows [aria-current]");
  if (here) here.scrollIntoView({ block: "nearest" });
  focus(at("#problem") || answer());
})();
