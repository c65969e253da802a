"""The style sheet of a statement's HTML page: from a telephone to A4, in any system's typeface."""

from typing import Final

STYLE: Final = """
:root{color-scheme:light;--ink:#1a1d21;--grey:#5b5f66;--hair:#d5d8dd;--accent:#213d63;--wash:#f3f5f8}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:#fff;font:16px/1.6 "Noto Sans SC","Noto Sans CJK SC",
"Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif;overflow-wrap:break-word}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.7rem;line-height:1.3;text-align:center;margin:.5rem 0}
h2{font-size:1.1rem;color:var(--accent);margin:2.2rem 0 .6rem}
h1>span{display:block;font-size:.9rem;font-weight:400}
h1>span,h2>span,dt,td>span,th>span,p>span,dd>span,caption>span,summary>span,.label
{color:var(--grey)}
h2>span,dt>span,td>span,th>span,dd>span,caption>span,figcaption>span,.label,p>span
{font-size:.85em;font-weight:400}
td>span,thead th>span,tbody th>span{display:block}
dl{margin:0;display:grid;gap:0 1.5rem}
dt{font-size:.85rem;color:var(--grey)}dd{margin:0}
.identity>div{display:flex;gap:.5rem;align-items:baseline}
.identity{display:flex;flex-wrap:wrap;justify-content:center;
border-bottom:2px solid var(--accent);padding-bottom:.7rem;margin-bottom:1rem}
.facts{grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
.facts>div{border-bottom:1px solid var(--hair);padding:.4rem 0}
.notice{border:1px solid var(--ink);background:var(--wash);padding:.5rem 1rem;font-weight:700}
.notice>span,.strong>span{display:block}
.strong{font-weight:700}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.88rem;line-height:1.45}
caption{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
details caption,footer caption{position:static;clip-path:none;width:auto;height:auto;
text-align:left}
th,td{padding:.4rem .5rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--hair);
min-width:5.5em}
tbody th{font-weight:400}
thead th{border-top:2px solid var(--ink);border-bottom:1px solid var(--ink);vertical-align:bottom}
tfoot td,tfoot th{font-weight:700;border-top:1px solid var(--ink);
border-bottom:2px solid var(--ink)}
.figures{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .figures{white-space:normal}
.amount{background:var(--wash);border-left:4px solid var(--accent);padding:.6rem 1rem;
margin:1rem 0;display:grid;grid-template-columns:auto 1fr;gap:.1rem 1rem;align-items:baseline}
.amount p{margin:0}
.digits{font-size:1.5rem;font-weight:700;text-align:right;font-variant-numeric:tabular-nums}
.capitals{font-weight:700;text-align:right}
.signatures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));
gap:1rem}
.signatures>div{border:1px solid var(--grey);padding:.6rem 1rem;display:flex;flex-direction:column}
.signatures p{margin:0}
.signatures .seal{padding-top:7rem;margin-top:auto;color:var(--grey);font-size:.85rem}
.label{white-space:pre-wrap}
figure{margin:0}figcaption{font-weight:700}
svg{display:block;width:100%;min-width:38rem;height:auto}
svg rect{fill:var(--accent)}svg path{stroke:var(--hair)}
svg text{font-size:11px;fill:var(--grey)}
summary{font-size:.88rem;cursor:pointer}
footer{margin-top:3rem;border-top:1px solid var(--grey);font-size:.8rem;color:var(--grey)}
@media (max-width:37rem){th,td{min-width:8em}.figures{min-width:4em}}
@media print{@page{size:A4;margin:16mm 14mm}
body{font-size:9.5pt;overflow-wrap:anywhere}svg{min-width:0}main{max-width:none;padding:0}
.scroll{overflow:visible}thead{display:table-header-group}tfoot{display:table-row-group}
tr,.amount,.signatures,figure,.notice{break-inside:avoid}h2{break-after:avoid}
table{font-size:8pt}th,td,th:first-child{padding:.25em .4em;min-width:0}
details:not([open]){display:none}
*{print-color-adjust:exact}}
""".strip()
