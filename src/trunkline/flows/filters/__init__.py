"""Every filter of the expression language, by name. Each module holds one subject and declares its own."""

from trunkline.flows.filters import data, dates, lists, numbers, phones, text
from trunkline.flows.filters.declaring import FILTERS, Filter, MisfitError

__all__ = ["FILTERS", "Filter", "MisfitError", "data", "dates", "lists", "numbers", "phones", "text"]
