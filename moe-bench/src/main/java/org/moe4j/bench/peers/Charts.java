// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/**
 * Draws what engines did: {@code read.png}, {@code generate.png} and, for the files that differ in
 * the number of experts only, {@code experts.png}. What nobody did has no chart.
 */
final class Charts {

  private static final String SCALE = "scale-";

  private final String processor;
  private final List<Result> results;
  private final List<String> engines;

  /**
   * Draws nothing yet.
   *
   * @param processor name of the processor, for the titles
   * @param results what engines did, this library's first
   */
  Charts(String processor, List<Result> results) {
    this.processor = processor;
    this.results = results;
    engines = Result.engines(results);
  }

  /** Writes the charts into a folder. */
  void write(Path folder) throws IOException {
    chart(Workload.Kind.READ, folder.resolve("read"));
    chart(Workload.Kind.GENERATE, folder.resolve("generate"));
    expertsChart(folder.resolve("experts"));
  }

  private void chart(Workload.Kind kind, Path file) throws IOException {
    List<Result> own =
        results.stream()
            .filter(result ->
                result.engine().equals(engines.getFirst())
                    && result.workload().kind() == kind
                    && !result.model().name().startsWith(SCALE))
            .toList();
    if (own.isEmpty()) {
      return;
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(1400)
            .height(700)
            .title(
                (kind == Workload.Kind.READ ? "Reading a prompt" : "Generating") + ", " + processor)
            .yAxisTitle("tokens a second")
            .build();
    chart.getStyler().setXAxisLabelRotation(60);
    chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
    // The demo model is so small that its bars would hide all others.
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(1.0);
    List<String> labels =
        own.stream().map(result -> result.model().name() + ", " + result.workload()).toList();
    for (String name : engines) {
      List<Double> medians =
          own.stream()
              .map(result ->
                  result.of(name, results).map(found -> found.rates().median()).orElse(1.0))
              .toList();
      chart.addSeries(name, labels, medians);
    }
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
  }

  /** Time for a byte against the number of experts: flat where those not chosen cost nothing. */
  private void expertsChart(Path file) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(500)
            .title("Generating with two experts a token, " + processor)
            .xAxisTitle("experts")
            .yAxisTitle("ms for a MB of weights")
            .build();
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(0.0);
    for (String name : engines) {
      List<Result> scale =
          results.stream()
              .filter(
                  result -> result.engine().equals(name) && result.model().name().startsWith(SCALE))
              .toList();
      if (!scale.isEmpty()) {
        chart.addSeries(
            name,
            scale.stream().map(result -> (double) experts(result)).toList(),
            scale.stream()
                .map(result -> 1e9 / result.rates().median() / result.model().bytesPerToken())
                .toList());
      }
    }
    if (!chart.getSeriesMap().isEmpty()) {
      BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
    }
  }

  private static int experts(Result result) {
    return Integer.parseInt(result.model().name().replaceAll(SCALE + "(\\d+) .*", "$1"));
  }
}
