"""What mails say, per kind and language: the subject, then the lines. {names} are filled in."""

TEXTS: dict[str, dict[str, tuple[str, ...]]] = {
    "confirmed": {
        "en": (
            "Booked: {charger}, {start}",
            "Your booking is confirmed.",
            "{charger}: {start} to {end}",
            "Held on your card: {amount}",
            "Code for the charger, if there is no network: {code}",
        ),
        "de": (
            "Gebucht: {charger}, {start}",
            "Ihre Buchung ist bestätigt.",
            "{charger}: {start} bis {end}",
            "Auf der Karte reserviert: {amount}",
            "Code für das Ladegerät ohne Netz: {code}",
        ),
        "ar": (
            "تم الحجز: {charger}، {start}",
            "تم تأكيد حجزك.",
            "{charger}: من {start} إلى {end}",
            "المبلغ المحجوز على بطاقتك: {amount}",
            "رمز الشاحن عند انقطاع الشبكة: {code}",
        ),
        "fa": (
            "رزرو شد: {charger}، {start}",
            "رزرو شما تأیید شد.",
            "{charger}: از {start} تا {end}",
            "مبلغ مسدودشده روی کارت: {amount}",
            "کد شارژر هنگام قطع شبکه: {code}",
        ),
    },
    "cancelled": {
        "en": (
            "Cancelled: {charger}, {start}",
            "The booking was cancelled. What goes back to your card is on its page.",
            "{charger}: {start} to {end}",
        ),
        "de": (
            "Storniert: {charger}, {start}",
            "Die Buchung wurde storniert. Was auf Ihre Karte zurückgeht, steht auf ihrer Seite.",
            "{charger}: {start} bis {end}",
        ),
        "ar": (
            "أُلغي: {charger}، {start}",
            "تم إلغاء الحجز. المبلغ المعاد إلى بطاقتك مذكور في صفحته.",
            "{charger}: من {start} إلى {end}",
        ),
        "fa": (
            "لغو شد: {charger}، {start}",
            "رزرو لغو شد. مبلغ بازگشتی به کارت در صفحهٔ آن آمده است.",
            "{charger}: از {start} تا {end}",
        ),
    },
    "hosting": {
        "en": ("New booking: {charger}, {start}", "Somebody booked your charger.", "{charger}: {start} to {end}"),
        "de": ("Neue Buchung: {charger}, {start}", "Ihr Ladegerät wurde gebucht.", "{charger}: {start} bis {end}"),
        "ar": ("حجز جديد: {charger}، {start}", "حجز أحدهم الشاحن الخاص بك.", "{charger}: من {start} إلى {end}"),
        "fa": ("رزرو تازه: {charger}، {start}", "شارژر شما رزرو شد.", "{charger}: از {start} تا {end}"),
    },
    "receipt": {
        "en": (
            "Receipt: {charger}, {amount}",
            "Your charging session is over.",
            "{energy} kWh at {charger}, {start} to {end}",
            "Paid: {amount}",
        ),
        "de": (
            "Beleg: {charger}, {amount}",
            "Ihr Ladevorgang ist beendet.",
            "{energy} kWh an {charger}, {start} bis {end}",
            "Bezahlt: {amount}",
        ),
        "ar": (
            "إيصال: {charger}، {amount}",
            "انتهت جلسة الشحن.",
            "{energy} كيلوواط ساعة في {charger}، من {start} إلى {end}",
            "المدفوع: {amount}",
        ),
        "fa": (
            "رسید: {charger}، {amount}",
            "جلسهٔ شارژ شما پایان یافت.",
            "{energy} کیلووات‌ساعت در {charger}، از {start} تا {end}",
            "پرداخت‌شده: {amount}",
        ),
    },
}
