// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/**
 * Writes what a run found: {@code results.csv} with every round, {@code results.md} with medians
 * and ratios, and a chart of each phase.
 *
 * @param machine where it ran
 * @param engines descriptions of the engines, this library's first
 * @param results what they did
 */
record Report(Machine machine, List<String> engines, List<Result> results) {

  /** Copies the lists. */
  Report {
    engines = List.copyOf(engines);
    results = List.copyOf(results);
  }

  /** Writes everything into a folder. */
  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("results.csv"), csv());
    Files.writeString(folder.resolve("results.md"), table());
    chart(Workload.Kind.READ, folder.resolve("read"));
    chart(Workload.Kind.GENERATE, folder.resolve("generate"));
  }

  private String csv() {
    StringBuilder lines = new StringBuilder("model,workload,engine,round,tokens_per_second\n");
    for (Result result : results) {
      for (int round = 0; round < result.rates().size(); round++) {
        lines.append(
            String.format(
                Locale.ROOT,
                "%s,%s,%s,%d,%.3f%n",
                result.model(),
                result.workload(),
                result.engine(),
                round + 1,
                result.rates().get(round)));
      }
    }
    return lines.toString();
  }

  /** Medians side by side, and how much of the read bandwidth generating takes. */
  String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s, %d cores, %d-bit vectors, JDK %s.%n",
            machine.processor(),
            machine.cores(),
            machine.vectorBits(),
            machine.java()));
    engines.forEach(engine -> text.append(engine).append('\n'));
    text.append(
        String.format(
            Locale.ROOT,
            "Reading memory: %.1f GB/s with one thread, %.1f with all, %.1f in huge pages."
                + " Multiply-adds of one thread: %.0f GFLOP/s in single precision, %.0f GOP/s in"
                + " 16 bits.%n%n",
            machine.oneThread(),
            machine.allThreads(),
            machine.allThreadsHuge(),
            machine.floatGigaflops(),
            machine.shortGigaops()));
    List<String> names = names();
    text.append("| file | what | ").append(String.join(" | ", names));
    for (String other : names.subList(1, names.size())) {
      text.append(" | ").append(names.getFirst()).append(" / ").append(other);
    }
    text.append(" | MB a token | of read bandwidth |\n|")
        .append("---|".repeat(2 + names.size() + names.size() - 1 + 2))
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
    text.append(String.format(Locale.ROOT, "| %s | %s |", own.model(), own.workload()));
    for (String name : names) {
      text.append(
          find(own, name)
              .map(found ->
                  String.format(
                      Locale.ROOT, " %.1f (+-%.0f %%) |", found.median(), 50 * found.spread()))
              .orElse(" |"));
    }
    for (String name : names.subList(1, names.size())) {
      text.append(
          find(own, name)
              .map(found -> String.format(Locale.ROOT, " %.2f |", own.median() / found.median()))
              .orElse(" |"));
    }
    boolean oneSequence =
        own.workload().kind() == Workload.Kind.GENERATE && own.workload().sequences() == 1;
    if (oneSequence) {
      double gigabytes = own.median() * own.bytesPerToken() / 1e9;
      text.append(
          String.format(
              Locale.ROOT,
              " %.0f | %.0f %% |%n",
              own.bytesPerToken() / 1e6,
              100 * gigabytes / machine.readBandwidth()));
    } else {
      text.append(" | |\n");
    }
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
    List<String> names = names();
    List<Result> own =
        results.stream()
            .filter(result ->
                result.engine().equals(names.getFirst()) && result.workload().kind() == kind)
            .toList();
    if (own.isEmpty()) {
      return;
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(1400)
            .height(600)
            .title(kind == Workload.Kind.READ ? "Reading a prompt" : "Generating")
            .yAxisTitle("tokens a second")
            .build();
    chart.getStyler().setXAxisLabelRotation(60);
    chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
    List<String> labels =
        own.stream().map(result -> result.model() + ", " + result.workload()).toList();
    for (String name : names) {
      List<Double> medians =
          own.stream().map(result -> find(result, name).map(Result::median).orElse(0.0)).toList();
      chart.addSeries(name, labels, medians);
    }
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
  }
}
