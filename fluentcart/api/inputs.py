"""What comes in: the base of every In, and the fields that all of them share."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import EmailValidator
from django_countries import countries
from rest_framework import serializers

from fluentcart.storable import ID_MAX, is_storable

_DIGITS = re.compile(r"[+-]?[0-9]{1,30}")
ID_DIGITS_MAX = 30


class _Readers(threading.local):
    """A thread's serializers, by class."""

    def __init__(self) -> None:
        self.by_class: dict[type[In], In] = {}


_READERS = _Readers()
# No more digits than any amount has: what is longer is not worth computing with.
NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)


def read_id(text: str, prefix: str = "") -> int | str:
    """The number in an id of a path: ("cust_456", "cust_") -> 456; the text itself when it is no such id."""
    number = text.removeprefix(prefix)
    is_number = number.isascii() and number.isdecimal() and len(number) <= ID_DIGITS_MAX
    # With a prefix an id is a name, and has one spelling: cust_00456 is nobody (semantics 10.6).
    is_id = text.startswith(prefix) and is_number and not (prefix and number.startswith("0"))
    return int(number) if is_id and int(number) <= ID_MAX else text


class In(serializers.Serializer[Any]):
    """A request body: a plain serializer whose `validated_data` are a service's keyword arguments.

    Says "Full Name field is required." as doc v2's validation example does, for a field that is missing,
    null or blank. Unknown keys are ignored: clients send whole objects back.

    For the OpenAPI document and the browsable page it also carries, as data:
        example: a body, as the documents show it.
        spellings: other names that a field is understood under; a dot is an object within the body
            (`{"id": ("addressId", "address.id")}`).
    """

    example: ClassVar[Mapping[str, Any]] = {}
    spellings: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @classmethod
    def read(cls, data: Any, **context: Any) -> dict[str, Any]:
        """What a body says, as a service's keyword arguments.

        Each thread keeps one serializer of each class and reads one body after another with it: making one copies
        all its fields, which takes longer than to read a body.

        Raises:
            ValidationError: names every field that cannot be accepted.
        """
        reader = _READERS.by_class.get(cls)
        if reader is None:
            reader = _READERS.by_class[cls] = cls()
        reader.initial_data, reader._context = data, context
        values: dict[str, Any] = reader.run_validation(data)
        return values

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The declared fields, with the document's sentence for what is missing."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for name, field in fields.items():
            sentence = f"{name.replace('_', ' ').title()} field is required."
            for key in ("required", "null", "blank"):
                field.error_messages[key] = sentence
        return fields


class ClosedIn(In):
    """A body in which a key that nobody reads is refused, where a misspelt one would do harm.

    Names that begin with `_` are let through, as in query strings.

    ignored: other keys that clients send back and that change nothing.
    """

    ignored: ClassVar[frozenset[str]] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        """See Serializer.

        Raises:
            ValidationError: names the unknown keys, beside every field that cannot be accepted.
        """
        names = data if isinstance(data, Mapping) else ()
        unknown = [name for name in names if not (name in self.fields or name in self.ignored or name.startswith("_"))]
        refused: dict[str, Any] = {name: [f"Unknown. Allowed are: {', '.join(self.fields)}."] for name in unknown}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError(error.detail | refused) from error  # type: ignore[operator]
        if refused:
            raise serializers.ValidationError(refused)
        return values


class WholeNumber(serializers.IntegerField):
    """A whole number, or its digits as text; nothing with a decimal point.

    DRF takes "25.00" and 25.0 for 25. Somebody who means 25.00 in major units must not get a hundredth of it.
    """

    def to_internal_value(self, data: Any) -> int:
        """The number.

        Raises:
            ValidationError: a fraction, a decimal point, an exponent, a truth value, or no number at all.
        """
        if isinstance(data, bool | float) or (isinstance(data, str) and not _DIGITS.fullmatch(data.strip())):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Cents(WholeNumber):
    """Money in whole minor units."""

    default_error_messages = {"invalid": "Must be a whole number of minor units: 2500 means 25.00."}


class Id(WholeNumber):
    """The id of a record: a whole number from 1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=ID_MAX, **options)


class Text(serializers.CharField):
    """A text of bounded length; may be blank unless it is required."""

    def __init__(self, *, max_length: int = 255, **options: Any) -> None:
        options.setdefault("allow_blank", not options.get("required", True))
        super().__init__(max_length=max_length, **options)


class Email(serializers.CharField):
    """An e-mail address; a malformed one that stands alone answers `invalid_email`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("allow_blank", not options.get("required", True))
        super().__init__(max_length=255, **options)
        self.validators.append(EmailValidator("Enter a valid email address.", code="invalid_email"))

    def run_validators(self, value: Any) -> None:
        """A blank address, where one may be blank, is not malformed."""
        if value:
            super().run_validators(value)


class CountryCode(serializers.CharField):
    """An ISO 3166 code of two letters, in any case; upper case inside."""

    default_error_messages = {"unknown": "Country must be a two-letter ISO code, not {value}."}

    def __init__(self, **options: Any) -> None:
        options.setdefault("allow_blank", not options.get("required", True))
        super().__init__(max_length=2, **options)

    def to_internal_value(self, data: Any) -> str:
        """The code in upper case.

        Raises:
            ValidationError: no such country.
        """
        code = str(super().to_internal_value(data)).upper()
        if code and code not in countries:
            self.fail("unknown", value=code)
        return code


class Word(serializers.ChoiceField):
    """One of a few words; the refusal names them. `aliases` maps other spellings to them."""

    def __init__(self, words: Iterable[str], *, aliases: Mapping[str, str] | None = None, **options: Any) -> None:
        self.words = tuple(words)
        self.aliases = dict(aliases or {})
        super().__init__(choices=[(word, word) for word in self.words], **options)
        self.error_messages["invalid_choice"] = f"{{input}} is not one of: {', '.join(filter(None, self.words))}."

    def to_internal_value(self, data: Any) -> str:
        """The word.

        Raises:
            ValidationError: names the words that are allowed.
        """
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return str(super().to_internal_value(self.aliases.get(data, data)))


class Json(serializers.Field[Any, Any, Any, Any]):
    """An object of the client's own: any JSON that every database can store."""

    default_error_messages = {
        "invalid": "Must be a JSON object.",
        "text": "NUL characters and lone surrogates cannot be stored.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The object as it is.

        Raises:
            ValidationError: not an object, or with text in it that cannot be stored.
        """
        if not isinstance(data, Mapping):
            self.fail("invalid")
        if not is_storable(data):
            self.fail("text")
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        """The object as it is."""
        return value


class Clearable(Text):
    """A text that null empties, for dialects that show null where there is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, allow_blank=True, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """See Field."""
        return super().run_validation("" if data is None else data)


class ClearableEmail(Email):
    """An e-mail address that null empties."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, allow_blank=True, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """See Field."""
        return super().run_validation("" if data is None else data)


class Number(serializers.Field[Any, Any, Any, Any]):
    """A number that is not negative, as a JSON number or a text, exactly as it is written; never a float inside."""

    default_error_messages = {
        "invalid": "Must be a number, such as 10.5.",
        "negative": "Must not be negative.",
        "too_large": "Must not be greater than {most}.",
        "too_precise": "Must not have more than {places} decimals.",
    }

    def __init__(self, *, most: int, places: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.most, self.places = most, places

    def to_internal_value(self, data: Any) -> Decimal:
        """The number.

        Raises:
            ValidationError: not a number, below zero, above the greatest, or with too many decimals.
        """
        if isinstance(data, bool) or not isinstance(data, int | float | str) or not NUMBER.fullmatch(str(data)):
            self.fail("invalid")
        number = Decimal(str(data))
        if number < 0:
            self.fail("negative")
        if number > self.most:
            self.fail("too_large", most=self.most)
        if self.places is not None and number != round(number, self.places):
            self.fail("too_precise", places=self.places)
        return number

    def to_representation(self, value: Any) -> Any:
        """The number as it is."""
        return value


class Refused(serializers.Field[Any, Any, Any, Any]):
    """A field that cannot be sent here; the sentence says where it can."""

    def __init__(self, sentence: str) -> None:
        super().__init__(required=False)
        self.sentence = sentence

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Nothing when nothing was sent.

        Raises:
            ValidationError: anything was.
        """
        if data is serializers.empty:
            raise serializers.SkipField
        raise serializers.ValidationError(self.sentence)
