"""`grader review --page`: the queue of what a person decides, as a small web page for this machine alone.

`sessions` knows who may come in, `guard` which requests are heard at all, `desk` the stored runs and what can be decided
in them, `pages` answers a request, `server` carries it over a socket of the loopback address. What a page looks like is
`grader.report.review_page`'s; what a decision is, `grader.decisions`'.
"""
