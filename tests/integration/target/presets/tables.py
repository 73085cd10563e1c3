"""The mapping tables of the presets, line by line: what comes, and what CleverTap is to hold."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

TIME, SECONDS = "2026-01-01T00:00:00Z", 1767225600
TEXT = {"type": ["string", "null"]}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
OBJECT = {"type": ["object", "null"]}
WEB_PAGE = 513
"""CleverTap's code for the event Web Page Viewed of an upload [rudder-server test string]."""

MESSAGE_COLUMNS = {
    "messageId": TEXT,
    "type": TEXT,
    "userId": TEXT,
    "anonymousId": TEXT,
    "event": TEXT,
    "name": TEXT,
    "timestamp": MOMENT,
    "properties": OBJECT,
    "traits": OBJECT,
    "context": OBJECT,
}
"""Of whole messages, as Segment's and RudderStack's SDKs write them."""


def message(kind: str, /, **columns: Any) -> Row:
    """Return a whole message."""
    return {"type": kind, "timestamp": TIME, **columns}


def event(name: str, /, **properties: Any) -> Row:
    """Return an event as CleverTap takes it."""
    return {"type": "event", "ts": SECONDS, "evtName": name, "evtData": properties}


def profile(**properties: Any) -> Row:
    """Return a profile as CleverTap takes it."""
    return {"type": "profile", "profileData": properties}


def track(name: str, /, **properties: Any) -> Row:
    return message("track", event=name, properties=properties)


def page(**columns: Any) -> Row:
    return message("page", **columns)


def screen(**columns: Any) -> Row:
    return message("screen", **columns)


def identify(**traits: Any) -> Row:
    return message("identify", traits=traits)


PRODUCTS = [{"product_id": "p1", "price": 9.5, "quantity": 1}]
NESTED_PRODUCTS = [{"product_id": "p1", "coupons": ["A"], "note": None}]

SEGMENT: dict[str, tuple[Row, Row | int]] = {
    "name": (identify(name="Ada Lovelace"), profile(Name="Ada Lovelace")),
    "name of two parts": (
        identify(first_name="Ada", last_name="Lovelace"),
        profile(Name="Ada Lovelace", first_name="Ada", last_name="Lovelace"),
    ),
    "birthday": (identify(birthday="1990-02-03"), profile(DOB="$D_634003200")),
    "avatar": (identify(avatar="https://example.org/a"), profile(Photo="https://example.org/a")),
    "gender": (identify(gender="female"), profile(Gender="F")),
    "phone": (identify(phone="+49 (30) 1234-567"), profile(Phone="+49301234567")),
    "email": (identify(email="ada@example.org"), profile(Email="ada@example.org")),
    "other traits": (
        identify(**{"Plan Type": "gold", "signUpDate": "today", "LTV": 7}),
        profile(plan_type="gold", sign_up_date="today", ltv=7),
    ),
    "married": (identify(married=True, employed="no"), profile(married="Y", employed="N")),
    "order": (
        track(
            "Order Completed",
            order_id="o1",
            revenue=19.9,
            currency="EUR",
            products=PRODUCTS,
            coupon="X",
        ),
        event(
            "Charged",
            **{"Charged ID": "o1", "Amount": 19.9, "Currency": "EUR", "Items": PRODUCTS},
            coupon="X",
        ),
    ),
    "track": (track("Song Played", title="So", id="s1"), event("Song Played", title="So", id="s1")),
    "nested values": (
        track("Song Played", tags=["a"], artist={"name": "x"}, length=3),
        event("Song Played", length=3),
    ),
    "page": (page(name="Home", properties={"url": "/"}), WEB_PAGE),
    "screen": (screen(name="Home", properties={"a": 1}), event("App Screen Viewed", a=1)),
    "alias": (message("alias"), "kind_unknown"),  # type: ignore[dict-item]
}
RUDDERSTACK: dict[str, tuple[Row, Row | int]] = {
    "email": (identify(email="ada@example.org"), profile(Email="ada@example.org")),
    "name": (identify(name="Ada L", firstName="A", lastName="B"), profile(Name="Ada L")),
    "name of two parts": (identify(firstName="Ada", lastName="L"), profile(Name="Ada L")),
    "one part alone": (identify(firstName="Ada", age=9), profile(age=9)),
    "phone": (identify(phone="+1 415.555.0100"), profile(Phone="+14155550100")),
    **{
        f"gender {word}": (identify(gender=word), profile(Gender=letter))
        for letter, words in {"F": "f F Female female FEMALE", "M": "m M Male male MALE"}.items()
        for word in words.split()
    },
    "employed": (identify(employed=True), profile(Employed="Y")),
    "birthday": (identify(birthday="2000-02-29"), profile(DOB="$D_951782400")),
    "education": (identify(education="Graduate"), profile(Education="Graduate")),
    "married": (identify(married=False), profile(Married="N")),
    "customer type": (identify(customerType="Gold"), profile(**{"Customer Type": "Gold"})),
    "avatar": (identify(avatar="https://a.example"), profile(Photo="https://a.example")),
    "traits of the context": (
        message("identify", traits={"name": "Ada"}, context={"traits": {"name": "B", "age": 9}}),
        profile(Name="Ada", age=9),
    ),
    "other traits": (
        identify(planType="gold", tags=["a"]),
        profile(planType="gold", tags='["a"]'),
    ),
    "not sent": (
        identify(
            **dict.fromkeys(("firstname", "first_name", "lastname", "last_name"), "x"),
            **dict.fromkeys(("anonymousId", "userId", "id", "ts", "overrideFields"), "x"),
            kept=1,
        ),
        profile(Name="x x", kept=1),
    ),
    "order": (
        track(
            "order COMPLETED",
            checkout_id="c1",
            order_id="o1",
            revenue="19.90",
            currency="EUR",
            products=NESTED_PRODUCTS,
        ),
        event(
            "Charged",
            **{"Charged ID": "c1", "Amount": 19.9, "Currency": "EUR"},
            Items=[{"product_id": "p1", "coupons": '["A"]'}],
            order_id="o1",
        ),
    ),
    "products that are no list": (
        track("Order Completed", checkout_id="c1", products="tea"),
        "items_invalid",  # type: ignore[dict-item]
    ),
    "track": (track("Song Played", tags=["a"]), event("Song Played", tags='["a"]')),
    "time of the properties": (
        track("Song Played", ts="2026-01-02T00:00:00Z", a=1),
        {**event("Song Played", a=1), "ts": SECONDS + 86400},
    ),
    "page": (page(name="Home"), event("Web Page Viewed: Home")),
    "page by its properties": (
        page(properties={"name": "Tea", "url": "/tea"}),
        event("Web Page Viewed: Tea", name="Tea", url="/tea"),
    ),
    "page by its event": (page(event="Shop", name="x"), event("Web Page Viewed: Shop")),
    "page without a name": (page(properties={"url": "/"}), WEB_PAGE),
    "screen": (screen(name="Home"), event("Screen Viewed: Home")),
    "screen without a name": (screen(properties={"a": 1}), event("Screen Viewed", a=1)),
}
DATAFLY_NAMES = {
    "Products Searched": "Searched",
    "Product Viewed": "Product Viewed",
    "Product Added to Wishlist": "Added to Wishlist",
    "Product Added": "Added to Cart",
    "Checkout Started": "Checkout Started",
    "Signed Up": "Signed Up",
    "Logged In": "Logged In",
    "Song Played": "Song Played",
}
DATAFLY: dict[str, tuple[Row, Row | int]] = {
    **{name: (track(name, a=1), event(sent, a=1)) for name, sent in DATAFLY_NAMES.items()},
    "order": (
        track("Order Completed", order_id="o1", revenue=5, currency="INR", products=PRODUCTS),
        event("Charged", **{"Charged ID": "o1"}, Amount=5, Currency="INR", Items=PRODUCTS),
    ),
    "checkout_id is a property": (
        track("Order Completed", order_id="o1", checkout_id="c1"),
        event("Charged", **{"Charged ID": "o1"}, checkout_id="c1"),
    ),
    "page": (page(properties={"url": "/"}), WEB_PAGE),
}
GA4_COLUMNS = {
    "event_date": TEXT,
    "event_timestamp": {"type": ["integer", "null"]},
    "event_name": TEXT,
    "event_params": {"type": "array"},
    "user_id": TEXT,
    "user_pseudo_id": TEXT,
    "items": {"type": "array"},
    "ecommerce": OBJECT,
}


def parameter(key: str, **value: Any) -> Row:
    """Return one of `event_params`, with a member for each type as BigQuery exports it."""
    types = ("string_value", "int_value", "float_value", "double_value")
    return {"key": key, "value": {**dict.fromkeys(types), **value}}


def hit(name: str, *params: Row, **columns: Any) -> Row:
    """Return a row of the export."""
    row = {"event_name": name, "event_timestamp": SECONDS * 10**6 + 999_999}
    return {**row, "event_date": "20260101", "event_params": [*params], **columns}


ITEM = {"item_id": "SKU1", "price": 9.95, "quantity": 2, "affiliation": None}
GA4_NAMES = {
    "view_item": "Product Viewed",
    "view_item_list": "Product List Viewed",
    "select_item": "Product Clicked",
    "add_to_wishlist": "Added to Wishlist",
    "add_to_cart": "Added to Cart",
    "remove_from_cart": "Removed from Cart",
    "view_cart": "Cart Viewed",
    "begin_checkout": "Checkout Started",
    "add_shipping_info": "Shipping Info Added",
    "add_payment_info": "Payment Info Added",
    "refund": "Order Refunded",
    "view_promotion": "Promotion Viewed",
    "select_promotion": "Promotion Clicked",
    "search": "Searched",
    "view_search_results": "Searched",
    "sign_up": "Signed Up",
    "login": "Logged In",
    "screen_view": "App Screen Viewed",
    "scroll": "scroll",
}
GA4: dict[str, tuple[Row, Row | int]] = {
    **{
        name: (hit(name, parameter("method", string_value="x")), event(sent, method="x"))
        for name, sent in GA4_NAMES.items()
    },
    "page_view": (hit("page_view"), WEB_PAGE),
    "purchase": (
        hit(
            "purchase",
            parameter("transaction_id", string_value="T1"),
            parameter("value", double_value=19.9),
            parameter("currency", string_value="EUR"),
            parameter("ga_session_id", int_value=7),
            items=[ITEM],
        ),
        event(
            "Charged",
            **{"Charged ID": "T1", "Amount": 19.9, "Currency": "EUR"},
            Items=[{"item_id": "SKU1", "price": 9.95, "quantity": 2}],
            ga_session_id=7,
        ),
    ),
    "purchase by its record": (
        hit("purchase", ecommerce={"transaction_id": "T2", "purchase_revenue": 5}),
        event("Charged", **{"Charged ID": "T2", "Amount": 5}),
    ),
}
