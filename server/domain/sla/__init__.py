"""SLA clocks as arithmetic: policies, targets, what happens to them, and what rings. Pure.

`policy` says what is promised, `plain` says it in a few numbers, `target` is the life of one promise,
`timing` turns working time into instants, `reaction` says what a change of the ticket does to its clocks,
and `ringing` what a clock that rings does.
"""
