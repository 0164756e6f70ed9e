"""List the pages; every view says which right it asks for."""

from django.urls import path

from cleannet.hub.web import cases, desk, notices, orders, probes, records, signing_in, steps, verification

urlpatterns = [
    path("", desk.desk, name="desk"),
    path("sign-in", signing_in.sign_in, name="sign_in"),
    path("sign-out", signing_in.sign_out, name="sign_out"),
    path("language", signing_in.choose_language, name="language"),
    path("cases", cases.cases, name="cases"),
    path("cases/<str:number>", cases.case, name="case"),
    path("cases/<str:number>/report", steps.report, name="report"),
    path("cases/<str:number>/first-report", steps.report_first, name="report_first"),
    path("cases/<str:number>/grade", steps.raise_grade, name="raise_grade"),
    path("cases/<str:number>/annulment", steps.propose_annulment, name="propose_annulment"),
    path("cases/<str:number>/annulment/confirm", steps.confirm_annulment, name="confirm_annulment"),
    path("cases/<str:number>/close", steps.close, name="close"),
    path("cases/<str:number>/orders", notices.issue, name="issue"),
    path("cases/<str:number>/orders/again", notices.issue_again, name="issue_again"),
    path("cases/<str:number>/look", verification.look, name="look"),
    path("notices/<str:number>/receipt", notices.record_receipt, name="record_receipt"),
    path("notices/<str:number>/feedback", orders.feed_back, name="feed_back"),
    path("feedback/<str:number>/verification", verification.verify, name="verify"),
    path("feedback/<str:number>/verification/paper", verification.supply_verification, name="supply_verification"),
    path("feedback/<str:number>/paper", orders.supply_feedback, name="supply_feedback"),
    path("notices/<str:number>/users-warned", orders.warn_users, name="warn_users"),
    path("notices/<str:number>/paper", notices.supply_notice, name="supply_notice"),
    path("orders", orders.orders, name="orders"),
    path("orders/<str:number>/acknowledge", orders.acknowledge, name="acknowledge"),
    path("papers", records.papers, name="papers"),
    path("papers/<int:number>/<str:kind>", records.paper, name="paper"),
    path("watch", records.watch, name="watch"),
    path("ledger", records.ledger, name="ledger"),
    path("ledger/<str:id>", records.entry, name="entry"),
    path("ledger/<str:id>/confirm", steps.confirm_first, name="confirm_first"),
    path("parties", records.parties, name="parties"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
]
