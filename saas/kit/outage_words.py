"""What the outage page says, per code and language. No translation catalogue: this must always work."""

WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "suspended": {
        "en": ("Not available right now", "This site is suspended. Its owner knows why."),
        "de": ("Zurzeit nicht verfügbar", "Diese Seite ist gesperrt. Der Betreiber weiß, warum."),
        "ar": ("غير متاح حاليًا", "هذا الموقع موقوف. المالك يعرف السبب."),
        "fa": ("فعلاً در دسترس نیست", "این سایت موقتاً بسته است. صاحب آن دلیل را می‌داند."),
    },
    "database_down": {
        "en": ("Not available right now", "The database does not answer. Try again in a few seconds."),
        "de": (
            "Zurzeit nicht verfügbar",
            "Die Datenbank antwortet nicht. Versuchen Sie es gleich noch einmal.",
        ),
        "ar": ("غير متاح حاليًا", "قاعدة البيانات لا تستجيب. حاول مجددًا بعد بضع ثوانٍ."),
        "fa": ("فعلاً در دسترس نیست", "پایگاه داده پاسخ نمی‌دهد. چند ثانیه دیگر دوباره تلاش کنید."),
    },
    "part_down": {
        "en": ("Not available right now", "This part is starting or down. Try again in a few seconds."),
        "de": (
            "Zurzeit nicht verfügbar",
            "Dieser Teil startet gerade. Versuchen Sie es gleich noch einmal.",
        ),
        "ar": ("غير متاح حاليًا", "هذا الجزء قيد التشغيل أو متوقف. حاول مجددًا بعد بضع ثوانٍ."),
        "fa": ("فعلاً در دسترس نیست", "این بخش در حال راه‌اندازی است. چند ثانیه دیگر دوباره تلاش کنید."),
    },
    "part_broken": {
        "en": ("A part of the service does not answer", "This part did not answer as it should. Try again."),
        "de": (
            "Ein Teil des Dienstes antwortet nicht",
            "Dieser Teil hat falsch geantwortet. Versuchen Sie es noch einmal.",
        ),
        "ar": ("جزء من الخدمة لا يستجيب", "لم يستجب هذا الجزء كما ينبغي. حاول مجددًا."),
        "fa": ("بخشی از سرویس پاسخ نمی‌دهد", "این بخش درست پاسخ نداد. دوباره تلاش کنید."),
    },
    "internal_error": {
        "en": ("Something broke on our side", "We have been told. Trying again may help."),
        "de": ("Bei uns ist etwas kaputtgegangen", "Wir wissen davon. Ein neuer Versuch kann helfen."),
        "ar": ("حدث خلل لدينا", "لقد أُبلغنا بالأمر. قد تفيد إعادة المحاولة."),
        "fa": ("مشکلی از سوی ما پیش آمد", "ما باخبر شدیم. شاید تلاش دوباره کمک کند."),
    },
    "no_analytics": {
        "en": ("Your role does not include analytics", "Ask an administrator of this site."),
        "de": ("Ihre Rolle umfasst keine Auswertungen", "Wenden Sie sich an die Verwaltung dieser Seite."),
        "ar": ("دورك لا يشمل التحليلات", "اسأل مسؤول هذا الموقع."),
        "fa": ("نقش شما شامل تحلیل‌ها نیست", "از مدیر این سایت بپرسید."),
    },
    "too_many_requests": {
        "en": ("Too many requests", "Wait a moment before the next attempt."),
        "de": ("Zu viele Anfragen", "Warten Sie einen Augenblick bis zum nächsten Versuch."),
        "ar": ("طلبات كثيرة جدًا", "انتظر قليلًا قبل المحاولة التالية."),
        "fa": ("درخواست‌های بیش از حد", "پیش از تلاش بعدی کمی صبر کنید."),
    },
}
