"""A dispatcher's steps on an outage: publish, widen, join, correct, restore, confirm, reopen, cancel.

Each runs in its caller's transaction, checks the version the dispatcher looked at, and leaves an event. An outage of a
feed or a table that is rewritten is the dispatcher's from then on. What becomes of the reports' items in the worklist
is `worklist.outage_desk`'s part: this house does not know them.
"""
