"""The categories under which people look for operations."""

from typing import Final

CALENDARS: Final = "Calendars & Appointments"
OPPORTUNITIES: Final = "Opportunities"
CONVERSATIONS: Final = "Conversations & Messages"
WORKFLOWS: Final = "Workflows & Campaigns"
OTHER: Final = "Other Operations"
FORMS: Final = "Forms & Surveys"
INVOICES: Final = "Invoices & Estimates"
PAYMENTS: Final = "Payments"
PRODUCTS: Final = "Products"
OBJECTS: Final = "Custom Objects"
SOCIAL: Final = "Social Planner"
AGENCY: Final = "Agency"
SITES: Final = "Sites & Marketing"
DOCUMENTS: Final = "Documents & Media"
