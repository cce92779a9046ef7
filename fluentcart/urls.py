"""Which URL speaks which dialect; the only place that knows."""

urlpatterns: list = []
