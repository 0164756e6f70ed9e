"""The terms of routing: how far orders reach, what lives there, who is proposed, why nobody is. Read them in terms."""

from cleannet.core.term import Term, keyed

# What an order blocks, by how far it reaches.
REACHES = keyed(
    [
        Term("name", "域名及其以下全部名称", "The name and every name below it"),
        Term("address", "一个地址上的全部服务", "Everything at one address"),
        Term("network", "网段内的全部地址", "Every address of the network"),
        Term("url", "该主机上的一个URL及其以下路径", "One URL of its host, and what is below it"),
        Term("nothing", "不指向任何资源", "No resource"),
    ]
)

ROUTE_TABLES = keyed(
    [
        Term("network", "网段归属表", "Networks and their operators"),
        Term("carrier", "地址库运营企业对照表", "Operators as the address file names them"),
        Term("registrar", "域名注册服务机构对照表", "Registrars"),
        Term("registry", "域名后缀管理机构表", "Registries of suffixes"),
        Term("domain", "域名归属表", "Domains"),
        Term("host", "主机托管表", "Hosts"),
    ]
)

# Why a party is proposed to dispose of a resource.
ROUTES = keyed(
    [
        Term("by_hand", "人工指定", "named by hand"),
        Term("network_table", "网段归属表", "by the table of networks"),
        Term("address_file", "地址库", "by the address file"),
        Term("address_abroad", "境外地址，由CNCERT协调", "an address abroad: CNCERT co-ordinates"),
        Term("domain_table", "域名归属表", "by the table of domains"),
        Term("host_table", "主机托管表", "by the table of hosts"),
        Term("registrar", "域名注册服务机构", "its registrar"),
        Term("registry", "域名注册管理机构", "its registry"),
        Term(
            "abroad",
            "境外注册，由CNCERT协调（545号 十一(三)）",
            "registered abroad: CNCERT co-ordinates (545号 十一(三))",
        ),
        Term("infected", "有受感染用户，封堵域名", "has infected subscribers: blocks the name"),
        Term("chosen", "人工选择", "chosen by a person"),
    ]
)

# Why nobody is known to hold a resource.
UNROUTED = keyed(
    [
        Term("network_unknown", "地址不在任何归属表中", "no table holds the address"),
        Term(
            "carrier_unknown", "地址库中的运营企业未对应单位", "no party stands for this operator of the address file"
        ),
        Term("file_unreadable", "地址库无法读取", "the address file cannot be read"),
        Term("host_unknown", "主机不在托管表中", "no table holds the host"),
        Term("never_asked", "注册信息尚未查询", "its registration was not looked up"),
        Term("asked", "注册信息查询中", "its registration is being looked up"),
        Term("nobody_to_ask", "该后缀没有可查询的注册信息服务", "no registry of this suffix can be asked"),
        Term("not_registered", "域名未注册", "nobody registered the domain"),
        Term("no_centre", "须由CNCERT协调，但未登记CNCERT", "CNCERT has to co-ordinate, and is not registered"),
    ]
)

# What an entry of an allow-list says of a name or address; see core.allow.
LISTINGS = keyed(
    [
        Term("ordinary", "正常服务", "In ordinary use"),
        Term("popular", "访问量大的网站", "Much visited"),
        Term("shared", "多人共用的后缀", "Suffix that unrelated people share"),
        Term("cdn", "内容分发网络", "Delivery network"),
        Term("cloud", "云服务", "Cloud"),
        Term("resolver", "公共解析器", "Public resolver"),
        Term("parked", "域名停放", "Parked"),
        Term("sinkhole", "沉洞", "Sinkhole"),
        Term("special", "标准保留", "Reserved by a standard"),
    ]
)
