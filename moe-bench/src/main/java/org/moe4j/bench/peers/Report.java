// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static java.util.Locale.ROOT;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
    new Charts(machine.processor(), results).write(folder);
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
    List<String> names = Result.engines(results);
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

  private void row(StringBuilder text, Result own, List<String> names) {
    text.append(String.format(ROOT, "| %s | %s |", own.model().name(), own.workload()));
    for (String name : names) {
      text.append(
          own.of(name, results)
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
          own.of(name, results)
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
}
