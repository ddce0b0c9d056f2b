// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static java.util.Locale.ROOT;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/**
 * Writes what a run found: {@code results.csv} with every round, {@code results.md} with medians
 * and ratios, and charts.
 *
 * @param machine where it ran
 * @param engines descriptions of the engines
 * @param results what they did, this library's first
 * @param findings what else was measured
 * @param remarks what could not be measured, and why
 */
record Report(
    Machine machine,
    List<String> engines,
    List<Result> results,
    List<Finding> findings,
    List<String> remarks) {

  private static final String SCALE = "scale-";

  /** Copies the lists. */
  Report {
    engines = List.copyOf(engines);
    results = List.copyOf(results);
    findings = List.copyOf(findings);
    remarks = List.copyOf(remarks);
  }

  /** Writes everything into a folder. */
  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("results.csv"), csv());
    Files.writeString(folder.resolve("findings.csv"), findingsCsv());
    Files.writeString(folder.resolve("results.md"), text());
    chart(Workload.Kind.READ, folder.resolve("read"));
    chart(Workload.Kind.GENERATE, folder.resolve("generate"));
    expertsChart(folder.resolve("experts"));
  }

  private String csv() {
    StringBuilder lines = new StringBuilder("model,workload,engine,round,tokens_per_second\n");
    for (Result result : results) {
      List<Double> rates = result.rates().values();
      for (int round = 0; round < rates.size(); round++) {
        lines.append(
            String.format(
                ROOT,
                "%s,%s,%s,%d,%.3f%n",
                result.model().name(),
                result.workload(),
                result.engine(),
                round + 1,
                rates.get(round)));
      }
    }
    return lines.toString();
  }

  private String findingsCsv() {
    StringBuilder lines = new StringBuilder("model,engine,what,value,unit,wanted\n");
    for (Finding finding : findings) {
      lines.append(
          String.format(
              ROOT,
              "%s,%s,%s,%.3f,%s,%s%n",
              finding.model(),
              finding.engine(),
              finding.what(),
              finding.value(),
              finding.unit(),
              finding.wanted()));
    }
    return lines.toString();
  }

  /** The machine, the tables and the remarks, in Markdown. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            ROOT,
            "%s, %d cores, %d-bit vectors, JDK %s.%n",
            machine.processor(),
            machine.cores(),
            machine.vectorBits(),
            machine.java()));
    text.append(String.join("; ", engines)).append(".\n\n");
    text.append(limits()).append('\n');
    if (!results.isEmpty()) {
      text.append(table()).append('\n');
    }
    if (!findings.isEmpty()) {
      text.append(findingsTable()).append('\n');
    }
    remarks.forEach(remark -> text.append("- ").append(remark).append('\n'));
    return text.toString();
  }

  private String limits() {
    return "| limit of the machine | one thread | %d threads |\n|---|---|---|\n"
            .formatted(machine.cores())
        + limit("reading memory, GB/s", machine.oneThread(), machine.allThreads())
        + limit(
            "reading memory in huge pages, GB/s", machine.oneThreadHuge(), machine.allThreadsHuge())
        + limit(
            "multiply-add in single precision, GFLOP/s",
            machine.floatGigaflops(),
            machine.allFloatGigaflops())
        + limit(
            "multiply-add in 16 bits, GOP/s", machine.shortGigaops(), machine.allShortGigaops());
  }

  private static String limit(String what, double one, double all) {
    return String.format(ROOT, "| %s | %.1f | %.1f |%n", what, one, all);
  }

  /**
   * Medians side by side with half the distance of the extremes, and how much of its limit this
   * library reaches: of reading memory where one sequence generates, of multiply-adds where a
   * prompt is read.
   */
  private String table() {
    List<String> names = names();
    StringBuilder text = new StringBuilder("| file | what | ").append(String.join(" | ", names));
    for (String other : names.subList(1, names.size())) {
      text.append(" | ").append(names.getFirst()).append(" / ").append(other);
    }
    text.append(" | MB a token | moved or computed | of the limit |\n|")
        .append("---|".repeat(2 + names.size() + names.size() - 1 + 3))
        .append('\n');
    for (Result own : results) {
      if (own.engine().equals(names.getFirst())) {
        row(text, own, names);
      }
    }
    return text.toString();
  }

  private List<String> names() {
    Set<String> names = new LinkedHashSet<>();
    results.forEach(result -> names.add(result.engine()));
    return new ArrayList<>(names);
  }

  private void row(StringBuilder text, Result own, List<String> names) {
    text.append(String.format(ROOT, "| %s | %s |", own.model().name(), own.workload()));
    for (String name : names) {
      text.append(
          find(own, name)
              .map(found ->
                  String.format(
                      ROOT,
                      " %.1f (+-%.0f %%) |",
                      found.rates().median(),
                      50 * found.rates().spread()))
              .orElse(" |"));
    }
    for (String name : names.subList(1, names.size())) {
      text.append(
          find(own, name)
              .map(found ->
                  String.format(ROOT, " %.2f |", own.rates().median() / found.rates().median()))
              .orElse(" |"));
    }
    double rate = own.rates().median();
    if (own.workload().kind() == Workload.Kind.READ) {
      double operations = rate * own.model().operationsPerToken() / 1e9;
      text.append(
          String.format(
              ROOT,
              " | %.0f GOP/s | %.0f %% |%n",
              operations,
              100 * operations / machine.peak(own.model().floats())));
    } else if (own.workload().sequences() == 1) {
      double gigabytes = rate * own.model().bytesPerToken() / 1e9;
      text.append(
          String.format(
              ROOT,
              " %.0f | %.1f GB/s | %.0f %% |%n",
              own.model().bytesPerToken() / 1e6,
              gigabytes,
              100 * gigabytes / machine.readBandwidth()));
    } else {
      text.append(" | | |\n");
    }
  }

  private String findingsTable() {
    StringBuilder text =
        new StringBuilder("| file | engine | what | measured | wanted of MoE4J |\n")
            .append("|---|---|---|---|---|\n");
    for (Finding finding : findings) {
      text.append(
          String.format(
              ROOT,
              "| %s | %s | %s | %s %s | %s |%n",
              finding.model(),
              finding.engine(),
              finding.what(),
              finding.value() < 100
                  ? String.format(ROOT, "%.2f", finding.value())
                  : String.format(ROOT, "%.0f", finding.value()),
              finding.unit(),
              finding.wanted()));
    }
    return text.toString();
  }

  private Optional<Result> find(Result like, String engine) {
    return results.stream()
        .filter(result ->
            result.engine().equals(engine)
                && result.model().equals(like.model())
                && result.workload().equals(like.workload()))
        .findFirst();
  }

  private void chart(Workload.Kind kind, Path file) throws IOException {
    List<Result> own =
        results.stream()
            .filter(result ->
                result.engine().equals(names().getFirst())
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
                (kind == Workload.Kind.READ ? "Reading a prompt" : "Generating")
                    + ", "
                    + machine.processor())
            .yAxisTitle("tokens a second")
            .build();
    chart.getStyler().setXAxisLabelRotation(60);
    chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
    // The demo model is so small that its bars would hide all others.
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(1.0);
    List<String> labels =
        own.stream().map(result -> result.model().name() + ", " + result.workload()).toList();
    for (String name : names()) {
      List<Double> medians =
          own.stream()
              .map(result -> find(result, name).map(found -> found.rates().median()).orElse(1.0))
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
            .title("Generating with two experts a token, " + machine.processor())
            .xAxisTitle("experts")
            .yAxisTitle("ms for a MB of weights")
            .build();
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(0.0);
    for (String name : names()) {
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
