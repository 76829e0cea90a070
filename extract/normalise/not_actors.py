"""Names that hold a country's or capital's name and mean something else.

Table only: a finder that meets one of these passes over it as a whole.
"""

from __future__ import annotations


def not_actors() -> list[str]:
    """The names, as written."""
    return [phrase for line in _NAMES.strip().splitlines() for phrase in line.split("|")]


_NAMES = """
Benin City|Palau de la Generalitat|Palau de la Música|Antigua Guatemala|La Antigua|Port Sudan Airport
مسقط رأس|مسقط رأسه|مسقط رأسها|القوة القاهرة|الظروف القاهرة|قوة قاهرة|ظروف قاهرة|صلاة المغرب|المغرب العربي
里加入|里加大|里加强|里加快|里加上|里加息|银河内|运河内|沿河内|加纳入|增加纳|参加纳|许多哥|很多哥|海地区|海地带|海地铁|内蒙古
上海地|沿海地|珠海地|南海地|东海地|青海地|黄海地|渤海地|其中国际|其中国家|其中国有|集中国|南美国|北美国|拉美国|中美国家
欧美国家|合法国|今日本报|昨日本报|日本报讯|上帝力|智利用|南非洲
Northern Cyprus|Turkish Republic of Northern Cyprus|Chypre du Nord|République turque de Chypre du Nord|Chipre del Norte
República Turca del Norte de Chipre|Norte de Chipre|Chipre do Norte|República Turca de Chipre do Norte|Nordzypern
Türkische Republik Nordzypern|Северный Кипр|Северного Кипра|Северном Кипре|Северным Кипром|شمال قبرص|قبرص الشمالية
Kuzey Kıbrıs|Kuzey Kıbrıs Türk Cumhuriyeti|KKTC|北塞浦路斯|北塞浦路斯土耳其共和国
New Mexico|New England|New Jersey|Nuevo México|Nouveau-Mexique|Novo México|New London|New Delhi Television
Latin America|South America|North America|Central America|Bank of America|Captain America|Miss America
Latin American|South American|North American|Central American|African American|African Americans|Native American
Native Americans|Latin Americans|South Americans|American Samoa|American Express|American Airlines|Pan American
Inter American|Asian American|Asian Americans|Latin Amerika|Güney Amerika|Kuzey Amerika|Orta Amerika
Латинская Америка|Латинской Америки|Латинской Америке|Латинскую Америку|Южная Америка|Южной Америки
Южной Америке|Северная Америка|Северной Америки|Северной Америке|Центральная Америка|Центральной Америки
Центральной Америке|أمريكا اللاتينية|أميركا اللاتينية|أمريكا الجنوبية|أميركا الجنوبية|أمريكا الشمالية
أميركا الشمالية|أمريكا الوسطى|أميركا الوسطى|Indian Ocean|Indian Oceans|Océan Indien|Océano Índico
Indischer Ozean|South China Sea|East China Sea|South China Morning Post|China Daily|China Morning Post
Japan Times|Korea Herald|Korea Times|Jordan Times|Kyiv Independent|Kyiv Post|Moscow Times|Washington Post
Washington Times|Washington Examiner|Washington Consensus|Washington State|Washington Monthly|London Times
Washington, D.C. Circuit|Washington Treaty|Fort Washington|Mount Washington|George Washington|Denzel Washington
Jerusalem Post|Times of Israel|Times of India|Hindustan Times|India Today|Voice of America|Tehran Times
Bangkok Post|Buenos Aires Herald|Paris Saint-Germain|Paris SG|Paris Match|Paris Hilton|Paris Agreement
Paris Accord|Paris Accords|Paris Climate Agreement|Paris Club|Club de Paris|Clube de Paris|Accord de Paris
Accords de Paris|Acuerdo de París|Acordo de Paris|Pariser Abkommen|Pariser Club|Pariser Klimaabkommen
Парижское соглашение|Парижского соглашения|Парижский клуб|Парижского клуба|اتفاق باريس|اتفاقية باريس|نادي باريس
Paris Anlaşması|Paris Declaration|Vienna Convention|Convention de Vienne|Convención de Viena
Wiener Übereinkommen|Vienna Conventions|Congress of Vienna|Berlin Wall|Mur de Berlin|Muro de Berlín
Berliner Mauer|Oslo Accords|Oslo Accord|Accords d'Oslo|Acuerdos de Oslo|Minsk Agreements|Minsk Agreement
Minsk Accords|Accords de Minsk|Минские соглашения|Минских соглашений|اتفاقات أوسلو|اتفاقية أوسلو|اتفاق أوسلو
Treaty of Lisbon|Lisbon Treaty|Traité de Lisbonne|Tratado de Lisboa|Treaty of Rome|Rome Statute|Statut de Rome
Estatuto de Roma|Römisches Statut|Treaties of Rome|Римский статут|Римского статута|Roma Statüsü
نظام روما الأساسي|Maputo Protocol|Kigali Amendment|Doha Round|Doha Agreement|Nairobi Convention|Bangui Agreement
Madrid Protocol|Lima Group|Grupo de Lima|Brussels Sprouts|Warsaw Pact|Pacte de Varsovie|Pacto de Varsovia
Pacto de Varsóvia|Warschauer Pakt|Варшавский договор|Варшавского договора|Pretoria Agreement|Budapest Memorandum
Будапештский меморандум|Будапештского меморандума|Cairo Declaration|Abuja Declaration|Kampala Convention
Malabo Declaration|Kabul Bank|Jakarta Post|London Stock Exchange|London Metal Exchange|City of London
Bank of England|Bank of Japan|Bank of China|Bank of Canada|Bank of Israel|Church of England|Bank of Korea
Turkish Airlines|Qatar Airways|Qatar Charity|Kuwait Airways|Kenya Airways|Ethiopian Airlines|Japan Airlines
British Airways|Air France|British Columbia|British Petroleum|British Council|British Broadcasting Corporation
French Guiana|French Polynesia|Air India|Air China|Tata India|French Open|Australian Open|US Open|U.S. Open
Panama Canal|Panama Papers|Canal de Panamá|Canal do Panamá|Panamakanal|Gulf of Guinea|Golfe de Guinée
Golfo de Guinea|Golfo da Guiné|Gulf of Mexico|Golfo de México|Golfe du Mexique|Golfo do México|Gulf of Oman
Gulf of America|Gulf of Thailand|Gulf of Finland|Gulf of Aden|Golfe d'Aden|Golfo de Adén|Golf von Aden|خليج عدن
خليج عمان|Аденский залив|Аденского залива|Golf von Mexiko|Golf von Oman|Golf von Guinea|Sea of Japan
Bay of Bengal|Niger Delta|Delta du Niger|Niger River|Fleuve Niger|Congo River|Fleuve Congo|Jordan River
Jordan Valley|River Jordan|Vallée du Jourdain|Jordan Bardella|Jordan Henderson|Jordan Peterson|Jordan Spieth
Jordan Peele|Jordan Pickford|Air Jordan|Chad Smith|Israel Katz|Israël Katz|Georgia Tech|Georgia Bulldogs
Georgia Senate|Georgia Meloni|North Pole|South Pole|Polish Zloty|Danish Pastry|Guinea Pig|Guinea Pigs|Brazil Nut
Brazil Nuts|Swiss Re|Zurich|German Shepherd|Great Dane|Trump Turnberry|Korean War|Korean Peninsula
Guerre de Corée|Péninsule coréenne|Vietnam War|Guerre du Vietnam|Guerra de Vietnam|Iraq War|Falklands War
Koreanische Halbinsel|Корейский полуостров|Корейского полуострова|Корейском полуострове|شبه الجزيرة الكورية
Kore Yarımadası|Kore Savaşı|الفريق القطري|المكتب القطري|المكاتب القطرية|الفرق القطرية|المدير القطري
المستوى القطري|الفريق القطري الإنساني|البرنامج القطري|الاستراتيجية القطرية|الفريق الإنساني القطري
البرامج القطرية|الخطوط الجوية القطرية|قطر الخيرية|الخطوط الجوية التركية|الخطوط القطرية|الخطوط التركية
Luxembourg Declaration|Stade de France|Tour de France|Île-de-France|Ile-de-France|France Télévisions|France 24
France Inter|France Info|France Bleu|RTL France|Agence France-Presse|Agence France Presse|Le Monde Afrique
Radio France|Radio France Internationale|Air Algérie|Royal Air Maroc|Deutsche Bank|Deutsche Welle|Deutsche Bahn
Deutsche Presse-Agentur|Deutschen Presse-Agentur|Deutschlandfunk|Süddeutsche|Berliner Zeitung|Wiener Zeitung
Westminster Abbey|Westminster Cathedral|Corriere della Sera|Brasília FC|Real Madrid|Atlético de Madrid
Atlético Madrid|Comunidad de Madrid|Estado de México|San Marino Grand Prix|Roma FC|AS Roma|Santiago de Cuba
San Salvador de Jujuy|Costa Rica Country Club|Salvador Dalí|Salvador Allende|Salvador da Bahia|Salvador Illa
Côte d'Azur|Washington Irving|Kenya Power|Uganda Airlines|Air Tanzania|Nigeria Air|Singapore Airlines
Singapore Sling|马里兰|马里乌波尔|马里奥|印度洋|阿曼达|罗马书|罗马帝国|古罗马|南极|苏丹王|巴拿马运河
巴黎圣日耳曼|巴黎协定|巴黎气候协定|巴黎俱乐部|华盛顿邮报|墨西哥湾|几内亚湾|亚丁湾|东京湾|柏林墙|朝鲜半岛|韩鲜
维也纳公约|罗马规约|奥斯陆协议|明斯克协议|北京时间|法国兴业银行|法新社|中国银行|日本银行|英格兰银行|韩国战争
越南战争|日本海|阿曼湾|新墨西哥|拉丁美洲|达喀尔拉力赛|巴西木|中美洲|南美洲|北美洲|乔治·华盛顿|印度尼西亚盾
马里亚纳|美国之音|德国之声
"""
