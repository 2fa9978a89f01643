"""How the simulated sub-account answers about invoices and coupons: sums, what is paid, codes that are taken."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.clock import iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

_INVOICES: Final = "/invoices"
_COUPONS: Final = "/payments/coupon"


class BillingCalls:
    """The handlers."""

    def __init__(self, where: Where) -> None:
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        one = "/invoices/{invoiceId}"
        return {
            "POST /invoices/": lambda _, body: self.bill(as_object(body)),
            "POST /invoices/text2pay": self._text,
            f"POST {one}/send": self._send,
            f"POST {one}/void": self._void,
            f"POST {one}/record-payment": self._pay,
            f"DELETE {one}": self._delete,
            "POST /payments/coupon": self._create_coupon,
            "GET /payments/coupon": self._get_coupon,
            "PUT /payments/coupon": self._update_coupon,
            "DELETE /payments/coupon": self._delete_coupon,
        }

    def seed(self) -> None:
        """What there is lies among the records of the office."""

    # ── invoices ──

    def bill(self, asked: JSONObject) -> JSONObject:
        """A new invoice as a draft; the next number is taken where none is given."""
        items, at = as_list(asked.get("items")), iso(self._where.now())
        total = sum(_number(as_object(item).get("amount")) * _number(as_object(item).get("qty")) for item in items)
        numbers = [int(_number(one.get("invoiceNumber"))) for one in self._where.held().all(_INVOICES)]
        made: JSONObject = {
            **{name: value for name, value in asked.items() if name not in ("items", "sentTo", "action", "userId")},
            "_id": fresh("i").removeprefix("i_"),
            "invoiceNumber": int(_number(asked.get("invoiceNumber"))) or max([1000, *numbers]) + 1,
            "title": asked.get("title") or "INVOICE",
            "status": "draft",
            "businessDetails": asked.get("businessDetails") or {},
            "invoiceItems": items,
            "dueDate": asked.get("dueDate") or asked.get("issueDate"),
            "total": total,
            "amountDue": total,
            "amountPaid": 0,
            "totalSummary": {"subTotal": total, "discount": 0, "tax": 0},
            "createdAt": at,
            "updatedAt": at,
        }
        self._where.held().put(_INVOICES, str(made["_id"]), made)
        self._where.announce("InvoiceCreate", made)
        return made

    def _text(self, _: Request, body: JSON) -> JSON:
        invoice = self._changed(self.bill(as_object(body)), "InvoiceSent", {"status": "sent"})
        return {"invoice": invoice, "invoiceUrl": f"https://pay.example.com/{invoice['_id']}"}

    def _invoice(self, request: Request) -> JSONObject:
        found = self._where.held().get(_INVOICES, request.path_params["invoiceId"])
        if found is None:
            raise Refused(404, "Invoice not found")
        return found

    def _changed(self, invoice: JSONObject, event: str, fields: JSONObject) -> JSONObject:
        invoice.update({**fields, "updatedAt": iso(self._where.now())})
        self._where.announce(event, invoice)
        return invoice

    def _send(self, request: Request, _: JSON) -> JSON:
        return {"invoice": self._changed(self._invoice(request), "InvoiceSent", {"status": "sent"}), "smsData": {}, "emailData": {}}

    def _void(self, request: Request, _: JSON) -> JSON:
        return self._changed(self._invoice(request), "InvoiceVoid", {"status": "void", "amountDue": 0})

    def _pay(self, request: Request, body: JSON) -> JSON:
        """The whole of what is due unless an amount is given."""
        invoice = self._invoice(request)
        due = _number(invoice.get("amountDue"))
        paid = _number(as_object(body).get("amount")) or due
        if invoice["status"] in ("void", "paid") or paid > due:
            raise Refused(400, "The invoice cannot be paid")
        whole = paid == due
        fields: JSONObject = {"status": "paid" if whole else "partially_paid", "amountDue": due - paid}
        event = "InvoicePaid" if whole else "InvoicePartiallyPaid"
        self._changed(invoice, event, {**fields, "amountPaid": _number(invoice.get("amountPaid")) + paid})
        return {"success": True, "invoice": invoice}

    def _delete(self, request: Request, _: JSON) -> JSON:
        invoice = self._invoice(request)
        self._where.held().remove(_INVOICES, str(invoice["_id"]))
        self._where.announce("InvoiceDelete", invoice)
        return invoice

    # ── coupons ──

    def _coupon(self, id: JSON) -> JSONObject:
        found = self._where.held().get(_COUPONS, str(id))
        if found is None:
            raise Refused(404, "Coupon not found")
        return {"traceId": fresh("t"), **found}

    def _create_coupon(self, _: Request, body: JSON) -> JSON:
        asked, id = as_object(body), fresh("c").removeprefix("c_")
        if any(one["code"] == asked["code"] for one in self._where.held().all(_COUPONS)):
            raise Refused(400, "Coupon code already exists")
        at = iso(self._where.now())
        rules: JSONObject = {"usageCount": 0, "limitPerCustomer": 0, "applyToFuturePayments": True, "status": "active"}
        config: JSONObject = {"applyToFuturePaymentsConfig": {"type": "forever"}}
        self._where.held().put(_COUPONS, id, {**rules, **config, **_rules(asked), "_id": id, "createdAt": at, "updatedAt": at})
        return self._coupon(id)

    def _get_coupon(self, request: Request, _: JSON) -> JSON:
        return self._coupon(request.query_params["id"])

    def _update_coupon(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        known = self._coupon(asked["id"])
        self._where.held().put(_COUPONS, str(asked["id"]), {**known, **_rules(asked), "updatedAt": iso(self._where.now())})
        return self._coupon(asked["id"])

    def _delete_coupon(self, _: Request, body: JSON) -> JSON:
        known = self._coupon(as_object(body)["id"])
        self._where.held().remove(_COUPONS, str(known["_id"]))
        return {"success": True, "traceId": known["traceId"]}


def _rules(asked: JSONObject) -> JSONObject:
    return {name: value for name, value in asked.items() if name not in ("id", "limitPerCustomer")}


def _number(value: JSON) -> float:
    """A number, or the one that a text spells; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return 0
