"""Queries that are written with the ORM, compiled once, and run as prepared statements ever after.

Building and compiling a queryset costs more than running it (PERFORMANCE, "Where a request's time goes"), and gives
the same SQL each time but for its values. So a query is a function of its values that returns a queryset:

    @compiled
    def order_by_id(pk: Any) -> QuerySet[Order]:
        return Order.objects.select_related("customer").filter(pk=pk)

    order_by_id(pk=7).first()

On its first call the function gets an `Arg` for each value, and what Django compiles of its queryset is kept, for each
database. What differs by more than values (a filter that is there or not) is another query. Lists of values are
compared by the look-up `any`, whose SQL does not depend on how many there are.

Rows that are written have their statements kept in the same way: `insert`, `insert_all`, `update`; `new` makes them.
"""

from fluentcart.compiled.making import new
from fluentcart.compiled.plans import Arg, Statement
from fluentcart.compiled.reading import Compiled, Found, Total, Wanted, compiled, tuples_of_all
from fluentcart.compiled.running import execute
from fluentcart.compiled.selection import NEWEST, Listed, Selection
from fluentcart.compiled.writing import insert, insert_all, update, update_all

__all__ = [
    "NEWEST",
    "Arg",
    "Compiled",
    "Found",
    "Listed",
    "Selection",
    "Statement",
    "Total",
    "Wanted",
    "compiled",
    "execute",
    "insert",
    "insert_all",
    "new",
    "tuples_of_all",
    "update",
    "update_all",
]
