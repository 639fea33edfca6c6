"use strict";
(() => {
  const at = (selector) => document.querySelector(selector);
  const body = at("#table tbody"), heads = [...document.querySelectorAll("#table thead th")];
  const rows = [...body.rows].filter((row) => row.dataset.s);
  const find = at("#find"), state = at("#state"), check = at("#check"), shown = at("#shown"), more = at("#more");
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  // Of a very long table the first part is shown, so that sorting stays quick; "Show them all" lifts that.
  let most = 500;
  const show = () => {
    let fit = 0;
    for (const row of body.rows) {
      const seen = row.dataset.out ? false : (fit += 1) <= most;
      if (row.hidden === seen) row.hidden = !seen;
    }
    const many = (number) => number.toLocaleString("en");
    const all = count(rows.length, "submission");
    const part = fit > most ? ` The first ${many(most)} are shown.` : "";
    shown.textContent = `${fit === rows.length ? all : `${many(fit)} of ${all}`}.${part}`;
    more.hidden = fit <= most;
  };
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, index) => {
      const fits = words.every((word) => texts[index].includes(word))
        && (!state.value || row.dataset.s === state.value)
        && (!check.value || row.dataset.f.split(" ").includes(check.value));
      if (fits) delete row.dataset.out; else row.dataset.out = "1";
    });
    show();
  };

  // Numbers by data-v, all else by its text; what has no value stands last, whichever way it goes.
  const compare = (a, b, number, way) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    return way * (number ? a - b : order.compare(a, b));
  };
  const sort = (column, way) => {
    const number = body.rows[0].cells[column].dataset.v !== undefined;
    const keyed = [...body.rows].map((row) => {
      const cell = row.cells[column];
      return [number ? (cell.dataset.v && Number(cell.dataset.v)) : cell.textContent, row];
    });
    keyed.sort((a, b) => compare(a[0], b[0], number, way));
    const sorted = document.createDocumentFragment();
    keyed.forEach((one) => sorted.append(one[1]));
    body.append(sorted);
    show();
    heads.forEach((head, index) => {
      if (index === column) head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  };

  if (!rows.length) return;
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    const first = head.dataset.down === undefined ? 1 : -1;
    button.addEventListener("click", () => {
      const was = { ascending: 1, descending: -1 }[head.getAttribute("aria-sort")];
      sort(column, was ? -was : first);
    });
  });
  let waiting = 0;
  find.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 60); });
  [state, check].forEach((field) => field.addEventListener("change", filter));
  more.addEventListener("click", () => { most = Infinity; show(); find.focus(); });
  at("#clear").addEventListener("click", () => { find.value = state.value = check.value = ""; filter(); find.focus(); });
  document.querySelectorAll("[data-check]").forEach((link) => link.addEventListener("click", () => {
    find.value = state.value = "";
    check.value = link.dataset.check;
    filter();
  }));
  at(".filters").hidden = false;
  filter();
})();
