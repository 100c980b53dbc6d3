"""The words of the ESG report. Adding a language is adding a column here and its locale in `reports.brand`."""

from typing import Final

_T: Final[dict[str, tuple[str, str, str, str]]] = {
    # key: English, Arabic, German, Persian
    "title": ("Greenhouse gas report of charging", "تقرير غازات الدفيئة لشحن المركبات", "Treibhausgasbericht des Ladens", "گزارش گازهای گلخانه‌ای شارژ"),
    "period": ("Period", "الفترة", "Zeitraum", "دوره"),
    "until": ("{start} to {end}, both included", "من {start} إلى {end}، شاملاً", "{start} bis {end}, einschließlich", "از {start} تا {end}، هر دو روز شامل"),
    "for": ("Reporting organisation", "الجهة المُبلِّغة", "Berichtendes Unternehmen", "سازمان گزارش‌دهنده"),
    "sessions": ("Charging sessions", "جلسات الشحن", "Ladevorgänge", "جلسه‌های شارژ"),
    "energy": ("Energy", "الطاقة", "Energie", "انرژی"),
    "location_based": ("Location-based", "حسب الموقع", "Standortbasiert", "مبتنی بر مکان"),
    "market_based": ("Market-based", "حسب السوق", "Marktbasiert", "مبتنی بر بازار"),
    "avoided": ("Avoided against petrol", "المُتجنَّب مقارنةً بالبنزين", "Vermieden gegenüber Benzin", "اجتناب‌شده نسبت به بنزین"),
    "by_scope": ("By scope of the GHG Protocol", "حسب نطاقات بروتوكول غازات الدفيئة", "Nach Scopes des GHG Protocol", "به تفکیک دامنه‌های پروتکل GHG"),
    "scope": ("Scope", "النطاق", "Scope", "دامنه"),
    "scope_2": ("Scope 2: electricity for own vehicles", "النطاق 2: كهرباء للمركبات المملوكة", "Scope 2: Strom für eigene Fahrzeuge", "دامنه ۲: برق خودروهای خودی"),
    "scope_3_3": ("Scope 3, category 3: electricity resold to drivers", "النطاق 3، الفئة 3: كهرباء مُعاد بيعها للسائقين", "Scope 3, Kategorie 3: an Fahrer weiterverkaufter Strom", "دامنه ۳، رده ۳: برق بازفروخته به رانندگان"),
    "by_month": ("By month", "حسب الشهر", "Nach Monat", "به تفکیک ماه"),
    "month": ("Month", "الشهر", "Monat", "ماه"),
    "by_site": ("By site", "حسب الموقع", "Nach Standort", "به تفکیک محل"),
    "site": ("Site", "الموقع", "Standort", "محل"),
    "others": ("{n} further sites, each in the CSV", "{n} مواقع أخرى، كلٌّ منها في ملف CSV", "{n} weitere Standorte, einzeln in der CSV", "{n} محل دیگر، هر یک در فایل CSV"),
    "total": ("Total", "المجموع", "Summe", "جمع"),
    "factors": ("Emission factors", "عوامل الانبعاث", "Emissionsfaktoren", "ضرایب انتشار"),
    "factor": ("Factor", "العامل", "Faktor", "ضریب"),
    "value": ("g CO2e per kWh", "غ CO2e لكل ك.و.س", "g CO2e je kWh", "گرم CO2e بر kWh"),
    "year": ("Year", "السنة", "Jahr", "سال"),
    "source": ("Source, basis, boundary, licence", "المصدر والأساس والحدود والترخيص", "Quelle, Basis, Grenze, Lizenz", "منبع، مبنا، مرز، مجوز"),
    "method": ("Method", "المنهجية", "Methode", "روش"),
    "m_period": (
        "A session belongs to the local day on which it ended. Energy is the charger's own meter, in whole watt-hours; imported sessions carry the energy that their source states.",
        "تُحتسب الجلسة في اليوم المحلي الذي انتهت فيه. الطاقة هي قراءة عداد الشاحن بالواط-ساعة الكاملة؛ وتحمل الجلسات المستوردة الطاقة التي يذكرها مصدرها.",
        "Ein Ladevorgang zählt zum Ortstag, an dem er endete. Energie ist der Zähler des Ladepunkts in ganzen Wattstunden; eingelesene Vorgänge tragen die Energie, die ihre Quelle nennt.",
        "هر جلسه متعلق به روز محلی پایان آن است. انرژی عدد کنتور خود شارژر به وات‌ساعت کامل است؛ جلسه‌های واردشده انرژی اعلام‌شده در منبع خود را دارند.",
    ),
    "m_location": (
        "Location-based: energy of each session times the yearly grid factor of its country (resolution: yearly), of the latest year available not after the session, else the earliest available. The factor covers the life cycle of generation; it is higher than a factor of combustion alone would be, and leaves out grid losses.",
        "حسب الموقع: طاقة كل جلسة مضروبة في عامل الشبكة السنوي لبلدها (الدقة: سنوية)، لأحدث سنة متاحة لا تتجاوز الجلسة، وإلا فأقدم سنة متاحة. يشمل العامل دورة حياة التوليد، فهو أعلى من عامل الاحتراق وحده، ولا يشمل فواقد الشبكة.",
        "Standortbasiert: Energie jedes Vorgangs mal Jahresfaktor des Netzes seines Landes (Auflösung: jährlich), des letzten verfügbaren Jahres nicht nach dem Vorgang, sonst des frühesten. Der Faktor umfasst den Lebenszyklus der Erzeugung; er liegt über einem reinen Verbrennungsfaktor und enthält keine Netzverluste.",
        "مبتنی بر مکان: انرژی هر جلسه ضرب در ضریب سالانهٔ شبکهٔ کشور آن (تفکیک: سالانه)، از آخرین سال موجود که پس از جلسه نباشد، وگرنه نخستین سال موجود. ضریب، چرخهٔ عمر تولید را در بر دارد؛ از ضریب احتراق تنها بیشتر است و تلفات شبکه را شامل نمی‌شود.",
    ),
    "m_market": (
        "Market-based: no certificate, contract, supplier or residual-mix figure is on record, so the location-based factor is used; this is stated, not assumed to be better.",
        "حسب السوق: لا توجد شهادة أو عقد أو عامل مورّد أو مزيج متبقٍّ مسجّل، لذلك استُخدم عامل الموقع؛ وهذا مُصرَّح به هنا.",
        "Marktbasiert: Es liegt kein Zertifikat, Vertrag, Lieferanten- oder Residualmix-Wert vor; daher gilt der standortbasierte Faktor. Das wird hier offengelegt.",
        "مبتنی بر بازار: هیچ گواهی، قرارداد، ضریب تأمین‌کننده یا ترکیب باقی‌مانده ثبت نشده است، پس ضریب مکانی به کار رفته؛ این موضوع اعلام می‌شود.",
    ),
    "m_avoided": (
        "Avoided: baseline of VM0038 v1.0 with its published defaults for the United States, Level 2 (0.905091 kg CO2 per kWh), less the location-based emissions. The default is American whatever the country. It is an estimate for comparison, not a credit, and is never subtracted from the emissions above.",
        "المُتجنَّب: خط الأساس وفق VM0038 v1.0 بقيمه المنشورة للولايات المتحدة، المستوى 2 (0.905091 كغ CO2 لكل ك.و.س)، ناقص الانبعاثات حسب الموقع. القيمة أمريكية أياً كان البلد. وهو تقدير للمقارنة وليس رصيداً، ولا يُطرح أبداً من الانبعاثات أعلاه.",
        "Vermieden: Basislinie nach VM0038 v1.0 mit den veröffentlichten Vorgaben für die USA, Level 2 (0,905091 kg CO2 je kWh), abzüglich der standortbasierten Emissionen. Der Wert ist amerikanisch, gleich in welchem Land. Eine Schätzung zum Vergleich, keine Gutschrift; sie wird nie von den Emissionen oben abgezogen.",
        "اجتناب‌شده: خط پایهٔ VM0038 v1.0 با مقادیر منتشرشدهٔ ایالات متحده، سطح ۲ (۰٫۹۰۵۰۹۱ کیلوگرم CO2 بر kWh) منهای انتشار مکانی. این مقدار، در هر کشوری، آمریکایی است. برآوردی برای مقایسه است، نه اعتبار، و هرگز از انتشار بالا کم نمی‌شود.",
    ),
    "m_rounding": (
        "Rounding: micrograms per session are exact products (Wh × mg/kWh). Each printed figure is the sum of its sessions, rounded once, half to even, to whole grams.",
        "التقريب: الميكروغرامات لكل جلسة نواتج ضرب دقيقة (Wh × mg/kWh). وكل رقم مطبوع هو مجموع جلساته، مُقرَّب مرة واحدة، النصف إلى الزوجي، إلى غرامات كاملة.",
        "Rundung: Mikrogramm je Vorgang sind exakte Produkte (Wh × mg/kWh). Jede gedruckte Zahl ist die Summe ihrer Vorgänge, einmal gerundet, halb zu gerade, auf ganze Gramm.",
        "گرد کردن: میکروگرم هر جلسه حاصل‌ضرب دقیق است (Wh × mg/kWh). هر عدد چاپی جمع جلسه‌های آن است که یک بار، نیمه به زوج، به گرم کامل گرد شده است.",
    ),
    "m_imported": (
        "{n} of the sessions were imported from files; they are not bookings or bills of this platform.",
        "{n} من الجلسات مستوردة من ملفات؛ وهي ليست حجوزات أو فواتير لهذه المنصة.",
        "{n} der Vorgänge wurden aus Dateien eingelesen; sie sind keine Buchungen oder Rechnungen dieser Plattform.",
        "{n} جلسه از فایل وارد شده‌اند و رزرو یا صورت‌حساب این سامانه نیستند.",
    ),
    "m_country": (
        "For {n} sessions the country was taken from the tenant, because neither the site nor the time zone names one.",
        "في {n} جلسة أُخذ البلد من المستأجر لأن لا الموقع ولا المنطقة الزمنية يحددانه.",
        "Bei {n} Vorgängen wurde das Land des Mandanten angenommen, weil weder Standort noch Zeitzone eines nennen.",
        "برای {n} جلسه، کشور از مستأجر گرفته شده، چون نه محل و نه منطقهٔ زمانی کشوری را نام نمی‌برد.",
    ),
    "m_no_factor": (
        "{n} sessions ({kwh} kWh) have no grid factor for their country and are not in the emissions above.",
        "{n} جلسة ({kwh} ك.و.س) لا يوجد عامل شبكة لبلدها وليست ضمن الانبعاثات أعلاه.",
        "{n} Vorgänge ({kwh} kWh) haben keinen Netzfaktor für ihr Land und fehlen in den Emissionen oben.",
        "{n} جلسه ({kwh} kWh) برای کشور خود ضریب شبکه ندارند و در انتشار بالا نیامده‌اند.",
    ),
    "audit": ("How to check this report", "كيفية التحقق من هذا التقرير", "So wird dieser Bericht geprüft", "چگونه این گزارش را بررسی کنیم"),
    "a_csv": (
        "The CSV beside this report holds every session with its factors in full precision. Sum a column over a month, a site or a scope, divide micrograms by 1,000,000, round half to even: that is the figure printed here.",
        "يحتوي ملف CSV المرفق على كل جلسة بعواملها بدقة كاملة. اجمع عموداً لشهر أو موقع أو نطاق، واقسم الميكروغرامات على 1,000,000، وقرّب النصف إلى الزوجي: ذلك هو الرقم المطبوع هنا.",
        "Die CSV neben diesem Bericht enthält jeden Vorgang mit seinen Faktoren in voller Genauigkeit. Spalte über Monat, Standort oder Scope summieren, Mikrogramm durch 1.000.000 teilen, halb zu gerade runden: das ist die gedruckte Zahl.",
        "فایل CSV کنار این گزارش هر جلسه را با ضرایب و دقت کامل دارد. ستون را برای یک ماه، محل یا دامنه جمع کنید، میکروگرم را بر ۱٬۰۰۰٬۰۰۰ تقسیم و نیمه به زوج گرد کنید: همان عدد چاپ‌شده است.",
    ),
    "data_version": ("Data version", "إصدار البيانات", "Datenversion", "نسخهٔ داده"),
    "published": ("Data published", "تاريخ نشر البيانات", "Daten veröffentlicht", "انتشار داده"),
    "csv_sha": ("SHA-256 of the CSV", "بصمة SHA-256 لملف CSV", "SHA-256 der CSV", "اثر SHA-256 فایل CSV"),
    "empty": (
        "No session ended in this period. Nothing is left out: there is nothing to report.",
        "لم تنتهِ أي جلسة في هذه الفترة. لم يُحذف شيء: لا يوجد ما يُبلَّغ عنه.",
        "In diesem Zeitraum endete kein Ladevorgang. Es fehlt nichts: es gibt nichts zu berichten.",
        "در این دوره جلسه‌ای پایان نیافته است. چیزی حذف نشده؛ چیزی برای گزارش نیست.",
    ),
    "page": ("Page", "صفحة", "Seite", "صفحه"),
}  # fmt: skip
_COLUMN = {"en": 0, "ar": 1, "de": 2, "fa": 3}


def words(language: str) -> dict[str, str]:
    """All words in one language."""
    return {key: texts[_COLUMN[language]] for key, texts in _T.items()}
