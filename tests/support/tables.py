"""Tables as published taps send them: their columns, a row, and what CleverTap should get of it."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "text": {"type": ["null", "string"]},
    "int": {"type": ["null", "integer"]},
    "num": {"type": ["null", "number"]},
    "dec": {"type": ["null", "string"], "format": "singer.decimal"},
    "bool": {"type": ["null", "boolean"]},
    "at": {"type": ["null", "string"], "format": "date-time"},
    "day": {"type": ["null", "string"], "format": "date"},
    "obj": {"type": ["null", "object"], "additionalProperties": True},
    "lines": {"type": ["null", "array"], "items": {"type": "object"}},
    "texts": {"type": ["null", "array"], "items": {"type": ["null", "string"]}},
    "any": {},
}
NOON = "2026-03-01T12:00:00Z"
LATER = "2026-03-02T08:00:00Z"


def seconds(text):
    return calendar.timegm(dt.datetime.fromisoformat(text.replace("Z", "+00:00")).utctimetuple())


def columns(listed):
    """Return schemas of columns given as `id:int, Full Name, at:at`; text without a type."""
    found = {}
    for each in listed.split(", "):
        name, _, kind = each.partition(":")
        found[name] = KINDS[kind or "text"]
    return found


@dataclass
class Table:
    """A stream, one row of it, and what should arrive of that."""

    stream: str
    schema: dict[str, Any]
    keys: list[str]
    row: dict[str, Any]
    identity: str
    properties: dict[str, Any] = field(default_factory=dict)
    event: str | None = None
    """None: a profile."""

    time: str | None = NOON
    absent: tuple[str, ...] = ()
    bookmarks: tuple[str, ...] = ()

    def messages(self):
        head = {
            "type": "SCHEMA",
            "stream": self.stream,
            "schema": {"type": "object", "properties": self.schema},
            "key_properties": self.keys,
            "bookmark_properties": list(self.bookmarks),
        }
        return [head, {"type": "RECORD", "stream": self.stream, "record": self.row}]


def table(stream, listed, keys, row, identity, /, *, more=None, **expected):
    return Table(
        stream,
        {**columns(listed), **(more or {})},
        [key for key in keys.split(", ") if key],
        row,
        identity,
        **expected,
    )


PEOPLE = [
    table(
        *("public-users", "id:int, email, full_name, created_at:at, updated_at:at", "id"),
        {"id": 7, "email": "a@example.org", "full_name": "Ada L", "created_at": NOON},
        *("7",),
        properties={"Email": "a@example.org", "Name": "Ada L"},
        bookmarks=("updated_at",),
    ),
    table(
        *("shop-customers", "id, email, born:at, joined_at:at, updated_at:at", "id"),
        {"id": "c1", "email": "c1@example.org", "born": "1980-01-02T00:00:00+00:00"},
        *("c1",),
        properties={"Email": "c1@example.org", "DOB": "$D_315619200"},
        bookmarks=("updated_at",),
    ),
    table(  # HubSpot
        "contacts",
        "vid:int, firstname, lastname, email, phone, lifecyclestage, hubspot_owner_id, "
        "createdate:at, lastmodifieddate:at",
        "vid",
        {"vid": 1, "firstname": "Ada", "lastname": "L", "email": "h@example.org"}
        | {"phone": "+14155550123", "hubspot_owner_id": "9", "lifecyclestage": "lead"},
        "h@example.org",
        properties={"Name": "Ada L", "Phone": "+14155550123", "lifecyclestage": "lead"},
    ),
    table(  # Salesforce
        "Lead",
        "Id, IsDeleted:bool, LastName, FirstName, Email, MobilePhone, Company, OwnerId, "
        "CreatedDate:at, SystemModstamp:at",
        "Id",
        {"Id": "00Q1", "IsDeleted": False, "LastName": "L", "Email": "s@example.org"},
        "s@example.org",
        properties={"Name": "L", "Email": "s@example.org"},
    ),
    table(  # Shopify
        "customers",
        "id:int, email, first_name, last_name, phone, accepts_marketing:bool, orders_count:int, "
        "total_spent, default_address:obj, addresses:lines, tags, admin_graphql_api_id, "
        "created_at:at, updated_at:at",
        "id",
        {"id": 1, "email": "sh@example.org", "first_name": "Ada", "default_address": {"a": 1}}
        | {"orders_count": 3, "tags": "vip"},
        "sh@example.org",
        properties={"Name": "Ada", "orders_count": 3, "tags": "vip"},
        absent=("default_address",),
    ),
    table(  # Devise, in Rails
        "app-members",
        "member_id:int, email, encrypted_password, reset_password_token, birthday:day, gender, "
        "married:bool, interests:texts, sign_in_count:int",
        "member_id",
        {"member_id": 5, "email": "m@example.org", "encrypted_password": "x", "gender": "female"}
        | {"birthday": "1980-01-02", "married": True, "interests": ["tea", "go"]},
        "5",
        properties={"Gender": "F", "DOB": "$D_315619200", "Marital Status": True}
        | {"interests": {"$set": ["tea", "go"]}},
        absent=("encrypted_password", "reset_password_token"),
    ),
    table(  # Segment's warehouse
        *("segment_users", "id, received_at:at, email, name, plan, context_ip, uuid_ts:at", "id"),
        {"id": "u9", "email": "u9@example.org", "name": "Ada", "plan": "pro"},
        *("u9",),
        properties={"Name": "Ada", "plan": "pro"},
    ),
    table(  # dBase, with no key
        *("clients", "CLIENT_ID, NAME, BORN:at, CITY", ""),
        {"CLIENT_ID": "k1", "NAME": "Ada", "BORN": "1980-01-02T00:00:00Z", "CITY": "Pune"},
        *("k1",),
        properties={"Name": "Ada", "DOB": "$D_315619200", "CITY": "Pune"},
    ),
    table(  # a table of another name whose key is the person
        *("loyalty", "customerId, tier, points:int, since:day, lastChanged:at", "customerId"),
        {"customerId": "c5", "tier": "gold", "points": 12},
        *("c5",),
        properties={"tier": "gold", "points": 12},
    ),
    table(  # Magento
        "customer_entity",
        "entity_id:int, email, firstname, lastname, dob:day, gender:int, group_id:int, "
        "created_at:at, updated_at:at, password_hash, rp_token",
        "entity_id",
        {"entity_id": 3, "email": "mg@example.org", "firstname": "Ada", "gender": 2}
        | {"password_hash": "x", "rp_token": "y", "group_id": 1},
        "mg@example.org",
        properties={"Name": "Ada", "Gender Code": 2, "group_id": 1},
        absent=("password_hash", "rp_token"),
    ),
]

TRANSACTIONS = [
    table(
        *("public-orders", "id:int, user_id:int, created_at:at, total:num, currency", "id"),
        {"id": 1, "user_id": 7, "created_at": NOON, "total": 19.5, "currency": "INR"},
        *("7",),
        event="Charged",
        properties={"Amount": 19.5, "Currency": "INR", "Charged ID": 1},
    ),
    table(  # Shopify
        "shopify__orders",
        "id:int, admin_graphql_api_id, user_id:int, email, customer:obj, created_at:at, "
        "processed_at:at, updated_at:at, cancelled_at:at, total_price, subtotal_price, currency, "
        "financial_status, line_items:lines, order_number:int, billing_address:obj",
        "id",
        {"id": 2, "email": "o@example.org", "processed_at": NOON, "created_at": LATER}
        | {"total_price": "54.50", "currency": "USD", "financial_status": "paid", "user_id": 99}
        | {"line_items": [{"sku": "tea", "quantity": 2}]},
        "o@example.org",
        event="Charged",
        properties={"Amount": 54.5, "Currency": "USD", "Charged ID": 2}
        | {"Items": [{"sku": "tea", "quantity": 2}]},
        absent=("updated_at", "financial_status", "customer", "total_price"),
        bookmarks=("updated_at",),
    ),
    table(  # a payment has states, also where no column has the time of a change
        "stripe-charges",
        "id, amount:int, currency, receipt_email, created:at, status",
        "id",
        {"id": "ch_0", "amount": 1999, "currency": "usd", "created": NOON, "status": "pending"}
        | {"receipt_email": "st0@example.org"},
        "st0@example.org",
        event="Charged",
        properties={"Amount": 1999, "Charged ID": "ch_0"},
        absent=("status",),
    ),
    table(  # Stripe
        "charges",
        "id, object, amount:int, currency, customer, receipt_email, created:at, livemode:bool, "
        "status, paid:bool, metadata:obj, updated:at",
        "id",
        {"id": "ch_1", "object": "charge", "amount": 1999, "currency": "usd", "created": NOON}
        | {"customer": "cus_1", "receipt_email": "st@example.org", "livemode": True},
        "st@example.org",
        event="Charged",
        properties={"Amount": 1999, "Currency": "usd", "Charged ID": "ch_1", "customer": "cus_1"},
    ),
    table(  # WooCommerce
        "woo-orders",
        "id:int, number, status, currency, customer_id:int, date_created:at, date_modified:at, "
        "date_paid:at, total, discount_total, total_tax, line_items:lines, billing:obj",
        "id",
        {"id": 3, "number": "3", "currency": "EUR", "customer_id": 12, "date_created": NOON}
        | {"total": "12.50", "total_tax": "2.00", "line_items": [{"name": "tea"}]},
        "12",
        event="Charged",
        properties={"Amount": 12.5, "Currency": "EUR", "Charged ID": 3}
        | {"Items": [{"name": "tea"}], "total_tax": "2.00"},
    ),
    table(  # Magento
        "sales_order",
        "entity_id:int, increment_id, customer_id:int, customer_email, status, state, "
        "base_currency_code, order_currency_code, base_grand_total:num, grand_total:num, "
        "subtotal:num, tax_amount:num, created_at:at, updated_at:at",
        "entity_id",
        {"entity_id": 4, "increment_id": "1004", "customer_id": 8, "grand_total": 99.9}
        | {"base_grand_total": 1.0, "order_currency_code": "INR", "created_at": NOON},
        "8",
        event="Charged",
        properties={"Amount": 99.9, "Currency": "INR", "Charged ID": 4, "increment_id": "1004"},
    ),
    table(
        *("bookings", "booking_ref, guest_email, booked_at:at, check_in:day, price:dec", ""),
        {"booking_ref": "B1", "guest_email": "b@example.org", "booked_at": NOON, "price": "120.10"}
        | {"check_in": "2026-04-01"},
        *("b@example.org",),
        event="Charged",
        properties={"Charged ID": "B1", "check_in": "$D_1775001600"},
    ),
    table(
        *(
            "billing-invoices",
            "INVOICE_ID, CUSTOMER_ID, INVOICE_DATE:day, DUE_DATE:day, AMOUNT_DUE:num, CURRENCY",
            "INVOICE_ID",
        ),
        {"INVOICE_ID": "I1", "CUSTOMER_ID": "c2", "INVOICE_DATE": "2026-03-01"}
        | {"DUE_DATE": "2026-04-01", "AMOUNT_DUE": 10, "CURRENCY": "GBP"},
        *("c2",),
        event="Charged",
        time="2026-03-01T00:00:00Z",
        properties={"Amount": 10, "Currency": "GBP", "Charged ID": "I1"},
    ),
    table(
        "subscriptions",
        "id, user_id, plan, price:num, currency, started_at:at, current_period_end:at, "
        "canceled_at:at, updated_at:at, status",
        "id",
        {"id": "s1", "user_id": "u1", "plan": "pro", "price": 9, "started_at": NOON}
        | {"updated_at": LATER, "status": "active", "currency": "USD"},
        "u1",
        event="Charged",
        properties={"Amount": 9, "Charged ID": "s1", "plan": "pro"},
        absent=("status", "canceled_at", "current_period_end", "updated_at"),
    ),
    table(  # money that goes back is not Charged
        *("refunds", "id, order_id, customer_id, amount:num, refunded_at:at, reason", "id"),
        {"id": "r1", "order_id": "o1", "customer_id": "c1", "amount": 5, "refunded_at": NOON},
        *("c1",),
        event="Refunds",
        properties={"amount": 5, "order_id": "o1"},
    ),
    table(
        "bq.fares.rides_2022",
        "ride id, rider.email, Order No., price ($):num, when:at",
        "ride id",
        {"ride id": "r7", "rider.email": "r@example.org", "Order No.": "N1", "price ($)": 3.5}
        | {"when": NOON, "_sdc_received_at": LATER},
        "r@example.org",
        more={"_sdc_received_at": KINDS["at"]},
        event="Charged",
        properties={"Amount": 3.5, "Charged ID": "r7", "Order No": "N1"},
        absent=("_sdc_received_at",),
    ),
]

ACTIVITIES = [
    table(
        *("public-page_views", "id, user_id, url, referrer, viewed_at:at", "id"),
        {"id": "v1", "user_id": "u1", "url": "/tea", "viewed_at": NOON},
        *("u1",),
        event="Page Views",
        properties={"url": "/tea"},
    ),
    table(
        *("logins", "login_id:int, user_id:int, ip, device, created_at:at", "login_id"),
        {"login_id": 1, "user_id": 7, "ip": "127.0.0.1", "created_at": NOON},
        *("7",),
        event="Logins",
        properties={"ip": "127.0.0.1"},
    ),
    table(  # Zendesk
        "tickets",
        "id:int, requester_id:int, assignee_id:int, subject, description, status, priority, "
        "tags:texts, created_at:at, updated_at:at",
        "id",
        {"id": 4, "requester_id": 11, "assignee_id": 2, "subject": "Tea", "description": "x" * 2000}
        | {"created_at": NOON, "updated_at": LATER, "status": "open"},
        "11",
        event="Tickets",
        properties={"subject": "Tea"},
        absent=("description", "updated_at", "status"),
        bookmarks=("updated_at",),
    ),
    table(  # Segment's warehouse
        "segment.tracks",
        "id, anonymous_id, user_id, event, event_text, received_at:at, sent_at:at, "
        "original_timestamp:at, timestamp:at, uuid_ts:at, context_page_url",
        "id",
        {"id": "t1", "user_id": "u2", "event": "tea_poured", "event_text": "Tea Poured"}
        | {"timestamp": NOON, "received_at": LATER, "context_page_url": "/"},
        "u2",
        event="Tea Poured",
        properties={"context_page_url": "/"},
        absent=("uuid_ts",),
    ),
    table(  # no key, forbidden characters
        *("visits", "who, at:at, a.b, cost$:num", ""),
        {"who": "c1", "at": NOON, "a.b": "x", "cost$": 1.5},
        *("c1",),
        event="Visits",
        properties={"a b": "x", "cost": 1.5},
    ),
    table(
        *("email_clicks", "message_id, recipient_email, link, clicked_at:at", "message_id"),
        {"message_id": "m1", "recipient_email": "e@example.org", "link": "/", "clicked_at": NOON},
        *("e@example.org",),
        event="Email Clicks",
        properties={"link": "/"},
    ),
    table(
        *("app-searches", "uuid, customerId, queryText, resultCount:int, searchedAt:at", "uuid"),
        {"uuid": "s1", "customerId": "c3", "queryText": "tea", "searchedAt": NOON},
        *("c3",),
        event="Searches",
        properties={"queryText": "tea"},
    ),
    table(
        *("reviews", "id:int, author_id:int, product_id:int, stars:int, body, created_at:at", "id"),
        {"id": 1, "author_id": 5, "product_id": 6, "stars": 4, "created_at": NOON},
        *("5",),
        event="Reviews",
        properties={"stars": 4, "product_id": 6},
    ),
    table(  # CleverTap's own name cannot be raised
        *("app_launched", "id, user_id, launched_at:at", "id"),
        {"id": "1", "user_id": "u7", "launched_at": NOON},
        *("u7",),
        event="App Launched Event",
    ),
    table(  # seconds, and names that CleverTap folds into one
        *("swipes", "id, userId, ts:int, Card, card, CARD ", "id"),
        {"id": "1", "userId": "u4", "ts": seconds(NOON), "Card": "a", "card": "b", "CARD ": "c"},
        *("u4",),
        event="Swipes",
        properties={"Card": "a", "card 2": "b", "CARD 3": "c"},
    ),
]

AUDIENCES = [
    table(*("winback", "user_id", "user_id"), {"user_id": "u1"}, "u1"),
    table(*("vip_customers_export", "customer_id:int", ""), {"customer_id": 4}, "4"),
    table(*("churn-risk", "email", "email"), {"email": "x@example.org"}, "x@example.org"),
    table(*("audience_42", "id", "id"), {"id": "a7"}, "a7"),
    table(*("lapsed", "ID", ""), {"ID": "a8"}, "a8"),
    table(*("high_value", "MEMBER_ID", "MEMBER_ID"), {"MEMBER_ID": "m1"}, "m1"),
    table(*("cart_abandoners", "identity", ""), {"identity": "i1"}, "i1"),
    table(
        *("memberships_of_lists", "user_id, segment", ""),
        {"user_id": "u2", "segment": "winback"},
        *("u2",),
        properties={"segment": {"$add": ["winback"]}},
    ),
    table(
        *("exports.audiences", "email, list_name", "email, list_name"),
        {"email": "l@example.org", "list_name": "spring"},
        *("l@example.org",),
        properties={"Email": "l@example.org", "list_name": {"$add": ["spring"]}},
    ),
    table(
        *("cohorts", "uid, cohort", "uid"),
        {"uid": "u3", "cohort": "b"},
        "u3",
        properties={"cohort": "b"},
    ),
]

CSVS = [
    table(  # Shopify's export
        "orders.csv",
        "Id, Name, Email, Financial Status, Paid at, Created at, Currency, Subtotal, Total",
        "",
        {"Id": "1", "Name": "#1001", "Email": "s@example.org", "Created at": NOON}
        | {"Currency": "USD", "Subtotal": "45.00", "Total": "54.50"},
        "s@example.org",
        event="Charged",
        properties={"Amount": 54.5, "Currency": "USD", "Charged ID": "1", "Name": "#1001"},
    ),
    table(
        *("orders", "order_id, customer_id, placed_at, total, currency", "order_id"),
        {"order_id": "o1", "customer_id": "c1", "placed_at": "2026-03-01 12:00:00"}
        | {"total": "1.10", "currency": "INR"},
        *("c1",),
        event="Charged",
        properties={"Amount": 1.1, "Currency": "INR", "Charged ID": "o1"},
    ),
    table(
        *("Order Export 2026", "Order ID, Customer Email, Order Date, Total Price", ""),
        {"Order ID": "o2", "Customer Email": "o2@example.org", "Order Date": "2026-03-01"}
        | {"Total Price": ""},
        *("o2@example.org",),
        event="Charged",
        time="2026-03-01T00:00:00Z",
        properties={"Charged ID": "o2"},
    ),
    table(
        *("payments", "Payment Ref, Phone Number, Payment Date, Amount Paid", "Payment Ref"),
        {"Payment Ref": "p1", "Phone Number": "+919800000001", "Payment Date": NOON}
        | {"Amount Paid": "7"},
        *("+919800000001",),
        event="Charged",
        properties={"Amount": 7.0, "Charged ID": "p1"},
    ),
    table(
        "customers",
        "customer_id, First Name, Last Name, Email, Gender, DOB, Signup Date",
        "customer_id",
        {"customer_id": "c9", "First Name": "Ada", "Last Name": "L", "Email": "c@example.org"}
        | {"Gender": "Female", "DOB": "1980-01-02", "Signup Date": "2026-01-01"},
        "c9",
        properties={"Name": "Ada L", "Gender": "F", "DOB": "$D_315619200"}
        | {"Signup Date": "2026-01-01"},
    ),
    table(
        *("people", "id, email, phone, city, gender", "_sdc_path, _sdc_line_number"),
        {"id": "p9", "email": "p9@example.org", "phone": "+919800000009", "city": "Pune"}
        | {"gender": "", "_sdc_path": "people.csv", "_sdc_line_number": 2},
        *("p9",),
        more={"_sdc_path": KINDS["text"], "_sdc_line_number": KINDS["int"]},
        properties={"Phone": "+919800000009", "city": "Pune"},
    ),
    table(
        *("leads", "E-mail, Full Name, Source, Created", ""),
        {"E-mail": "ld@example.org", "Full Name": "Ada", "Source": "fair", "Created": NOON},
        *("ld@example.org",),
        properties={"Name": "Ada", "Source": "fair"},
    ),
    table(
        *("clicks", "user, page, timestamp", "_sdc_path, _sdc_line_number"),
        {"user": "u1", "page": "/", "timestamp": NOON, "_sdc_path": "c", "_sdc_line_number": 1},
        *("u1",),
        more={"_sdc_path": KINDS["text"], "_sdc_line_number": KINDS["int"]},
        event="Clicks",
        properties={"page": "/"},
    ),
    table(
        *("Survey Responses", "Response ID, Email Address, Submitted At, Score, What's wrong?", ""),
        {"Response ID": "1", "Email Address": "sv@example.org", "Submitted At": NOON}
        | {"Score": "9", "What's wrong?": "nothing"},
        *("sv@example.org",),
        event="Survey Responses",
        properties={"Score": "9", "Whats wrong?": "nothing"},
    ),
    table(  # tap-spreadsheets-anywhere
        *("donations", "donor_email, donated_on, gift_amount:num", ""),
        {"donor_email": "dn@example.org", "donated_on": NOON, "gift_amount": 25}
        | {"_smart_source_file": "d.csv", "_smart_source_bucket": "b"},
        *("dn@example.org",),
        more={"_smart_source_file": KINDS["text"], "_smart_source_bucket": KINDS["text"]},
        event="Charged",
        properties={"Amount": 25},
        absent=("_smart_source_file", "_smart_source_bucket"),
    ),
]

MIXED = [
    table(  # Zendesk
        "zendesk_users",
        "id:int, url, name, email, external_id, role, phone, created_at:at, updated_at:at",
        "id",
        {"id": 1, "name": "Ada", "email": "z@example.org", "created_at": NOON, "role": "end-user"},
        "z@example.org",
        properties={"Name": "Ada", "role": "end-user"},
    ),
    table(  # Mailchimp
        "list_members",
        "id, email_address, unique_email_id, status, merge_fields:obj, timestamp_opt:at",
        "id",
        {"id": "h", "email_address": "mc@example.org", "status": "subscribed"},
        "mc@example.org",
        properties={"Email": "mc@example.org", "status": "subscribed"},
    ),
    table(  # Mixpanel
        *("export", "event, distinct_id, time:int, mp_country_code", ""),
        {"event": "Tea Poured", "distinct_id": "d1", "time": seconds(NOON)}
        | {"mp_country_code": "IN"},
        *("d1",),
        event="Tea Poured",
        properties={"mp_country_code": "IN"},
    ),
    table(  # Amplitude
        "amplitude-events",
        "uuid, user_id, event_type, event_time:at, server_upload_time:at, event_properties:obj",
        "uuid",
        {"uuid": "x", "user_id": "u11", "event_type": "Tea Sipped", "event_time": NOON},
        "u11",
        event="Tea Sipped",
    ),
    table(
        *("user_settings", "id, user_id, theme, created_at:at", "id"),
        {"id": "1", "user_id": "u12", "theme": "dark", "created_at": NOON},
        *("u12",),
        properties={"theme": "dark"},
    ),
    table(
        *("sheet1", "order_id, email, total:num, placed_at:at", ""),
        {"order_id": "o5", "email": "s1@example.org", "total": 3, "placed_at": NOON},
        *("s1@example.org",),
        event="Charged",
        properties={"Amount": 3, "Charged ID": "o5"},
    ),
    table(
        *("sheet2", "E-Mail, First name, Surname, joined", ""),
        {"E-Mail": "s2@example.org", "First name": "Ada", "Surname": "L", "joined": NOON},
        *("s2@example.org",),
        properties={"Name": "Ada L", "joined": NOON},
    ),
    table(
        *("accounts", "id, email, plan, created_at:at", "id"),
        {"id": "1", "email": "ac@example.org", "plan": "pro", "created_at": NOON},
        *("ac@example.org",),
        properties={"plan": "pro"},
    ),
    table(*("emails", "email", ""), {"email": "em@example.org"}, "em@example.org"),
    table(  # a column may be within a union, and a key that is not in the SCHEMA
        *("customers", "customer_id, gender", "id"),
        {"customer_id": "c20", "gender": "M", "born": "1980-01-02"},
        *("c20",),
        more={"born": {"anyOf": [{"type": "null"}, KINDS["day"]]}},
        properties={"Gender": "M", "DOB": "$D_315619200"},
    ),
]

OBJECT_IDS = [f"{seconds(NOON):08x}6f1c2d3e4f5061{number:02x}" for number in range(10)]
"""Of documents made at noon; an ObjectId begins with the seconds of its making."""

ENVELOPE = columns("cluster_time:at, document:obj, object_id, operation_type, replication_key")
ENVELOPE["namespace"] = {
    "type": ["object", "null"],
    "properties": {"database": KINDS["text"], "collection": KINDS["text"]},
}
OLD_ENVELOPE = {
    "_id": {"type": ["string", "null"]},
    "document": {"type": ["object", "array", "string"]},
    "_sdc_deleted_at": {"type": ["string", "null"], "format": "date-time"},
}


def documents(number, stream, document, identity=None, *, old=False, **expected):
    object_id = OBJECT_IDS[number]
    row = {"replication_key": f"x|{object_id}", "object_id": object_id, "document": document}
    row |= {"operation_type": None, "cluster_time": None, "namespace": {"collection": stream}}
    if old:
        row = {"_id": object_id, "document": document}
    schema = OLD_ENVELOPE if old else ENVELOPE
    keys = ["_id"] if old else ["replication_key"]
    bookmarks = () if old else ("replication_key",)
    identity = identity or object_id
    return Table(stream, schema, keys, row, identity, bookmarks=bookmarks, **expected)


DOCUMENTS = [
    documents(
        *(0, "orders", {"customer_id": "c1", "total": "1.10", "at": "2026-03-01T10:01:00"}, "c1"),
        event="Charged",
        properties={"Amount": "1.10", "Charged ID": OBJECT_IDS[0]},
    ),
    documents(
        1,
        "shop_orders",
        {"customerId": "c2", "amount": 7, "currency": "INR", "createdAt": LATER}
        | {"items": [{"sku": "tea", "sizes": [1]}]},
        "c2",
        event="Charged",
        time=LATER,
        properties={"Amount": 7, "Currency": "INR", "Items": [{"sku": "tea", "sizes": "[1]"}]},
    ),
    documents(
        *(2, "payments", {"customer_id": 5, "total": 3.5, "created_at": LATER}, "5"),
        old=True,
        event="Charged",
        time=LATER,
        properties={"Amount": 3.5, "Charged ID": OBJECT_IDS[2]},
    ),
    documents(
        *(3, "bookings", {"customer_id": "c3", "_id": OBJECT_IDS[3]}, "c3"),
        old=True,
        event="Charged",
        properties={"Charged ID": OBJECT_IDS[3]},
    ),
    documents(
        *(4, "users", {"name": "Ada", "email": "u@example.org", "tags": ["a"]}),
        properties={"Name": "Ada", "Email": "u@example.org"},
        absent=("document", "namespace"),
    ),
    documents(
        *(5, "crm.customers", {"name": "Bo", "email": None}), old=True, properties={"Name": "Bo"}
    ),
    documents(
        *(6, "app_members", {"email": "m@example.org"}), properties={"Email": "m@example.org"}
    ),
    documents(
        *(7, "page_views", {"user_id": "u1", "created_at": LATER, "url": "/"}, "u1"),
        event="Page Views",
        time=LATER,
    ),
    documents(*(8, "logins", {"userId": "u2"}, "u2"), event="Logins"),
    documents(*(9, "app.searches", {"user_id": "u3"}, "u3"), old=True, event="Searches"),
]

OBJECTS = [
    Table(
        "orders",
        {
            **columns("id:int, at:at"),
            "customer": {"type": ["null", "object"], "properties": {"id": KINDS["text"]}},
        },
        ["id"],
        {"id": 1, "customer": {"id": "c1"}, "at": NOON},
        "c1",
        event="Charged",
        properties={"Charged ID": 1},
        absent=("customer", "customer_id"),
    ),
    Table(  # the identity is behind a reference and a union
        "shop.events",
        {
            **columns("id, name, time:at"),
            "actor": {
                "anyOf": [
                    {"type": "null"},
                    {"type": "object", "properties": {"email": KINDS["text"], "x": {}}},
                ]
            },
        },
        ["id"],
        {"id": "e1", "actor": {"email": "a@example.org"}, "time": NOON, "name": "x"},
        "a@example.org",
        event="Events",
        properties={"name": "x"},
    ),
    Table(  # a column of text next to the object wins
        "invoices",
        {
            **columns("id, customer_email, amount:num, created:at"),
            "customer": {"type": "object", "properties": {"id": KINDS["text"]}},
        },
        ["id"],
        {"id": "i", "customer_email": "i@example.org", "customer": {"id": "c"}, "created": NOON},
        "i@example.org",
        event="Charged",
        absent=("customer",),
    ),
]

NO_USERS = {
    "shop-items": (columns("order_id:int, line:int, sku"), ["order_id", "line"], "`order_id`"),
    "order_items": (columns("id, order_id, product_id, quantity:int"), ["id"], "`order_id`"),
    "calendar": (columns("date_key:int, date:day, year:int"), ["date_key"], "`date_key`"),
    "feed": (columns("entry_id, title, link, published:at"), ["entry_id"], "`entry_id`"),
    "products": (columns("id, title, price:num, created_at:at"), ["id"], "`id`"),
    "inventory_levels": (columns("sku, location_id, available:int"), ["sku"], "`sku`"),
    "exchange_rates": (columns("date:day, base, rate:num"), ["date"], "`date`"),
    "line_items": (columns("invoice_id, description, amount:num"), [], "`invoice_id`"),
    "shipments": (columns("id, order_id, carrier, shipped_at:at"), ["id"], "`order_id`"),
    "stores": (columns("store_id, store_email, city, opened:day"), ["store_id"], "`store_id`"),
    "Opportunity": (
        columns("Id, AccountName, OwnerId, Amount:num, CloseDate:day, SystemModstamp:at"),
        ["Id"],
        "`Id`",
    ),
    "Account": (columns("Id, Name, Industry, OwnerName, CreatedDate:at"), ["Id"], "`Id`"),
}
