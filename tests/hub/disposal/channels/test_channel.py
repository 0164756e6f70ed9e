from cleannet.hub.disposal.channels import channel


def test_what_does_not_fit_is_told_with_the_first_of_it() -> None:
    failure = channel.refused(["a.example", "b.example"], "rpz.")
    assert str(failure) == "2 names do not fit into the zone rpz., the first is a.example"
