import Base
import Testing

@Suite struct MetricsTextTests {
    /// Prometheus' "Exposition formats", text format 0.0.4: what is escaped in help and labels, and how a histogram is written.
    @Test func theTextIsWhatPrometheusReads() {
        var odd = Metric(.counter, "fairlead_odd_total", "a \\ and\na \"line\"")
        odd.add(.count(18_446_744_073_709_551_615), Metric.Label("of", "a \\ \"b\"\nc"))
        var histogram = Histogram([0.5, 2])
        for value in [0.25, 0.5, 1, 2.5] { histogram.observe(value) }
        var text = MetricsText()
        text.add([odd, .histogram("fairlead_time_seconds", "Time.", histogram).with(Metric.Label("endpoint", "x"))])
        text.add([.gauge("fairlead_level", "Level.", 1.5), Metric(.gauge, "fairlead_empty", "None yet.")])
        #expect(
            text.text == """
                # HELP fairlead_empty None yet.
                # TYPE fairlead_empty gauge
                # HELP fairlead_level Level.
                # TYPE fairlead_level gauge
                fairlead_level 1.5
                # HELP fairlead_odd_total a \\\\ and\\na "line"
                # TYPE fairlead_odd_total counter
                fairlead_odd_total{of="a \\\\ \\"b\\"\\nc"} 18446744073709551615
                # HELP fairlead_time_seconds Time.
                # TYPE fairlead_time_seconds histogram
                fairlead_time_seconds_bucket{endpoint="x",le="0.5"} 2
                fairlead_time_seconds_bucket{endpoint="x",le="2.0"} 3
                fairlead_time_seconds_bucket{endpoint="x",le="+Inf"} 4
                fairlead_time_seconds_sum{endpoint="x"} 4.25
                fairlead_time_seconds_count{endpoint="x"} 4

                """)
    }

    @Test func samplesOfOneNameStandTogether() {
        var text = MetricsText()
        for name in ["a", "b"] { text.add([Metric.counter("fairlead_x_total", "X.", 1).with(Metric.Label("endpoint", name))]) }
        #expect(
            text.text
                == "# HELP fairlead_x_total X.\n# TYPE fairlead_x_total counter\nfairlead_x_total{endpoint=\"a\"} 1\nfairlead_x_total{endpoint=\"b\"} 1\n"
        )
    }
}
