// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.bench.Samples;

/** Medians, ratios and shares are those that the numbers give. */
class ReportTest {

  private static final Machine MACHINE =
      new Machine("a processor", 2, 512, "25", 10, 11, 15, 20, 100, 200, 150, 400);

  private static final Result.Model MODEL =
      new Result.Model("file", 500_000_000, 1_000_000_000, false);

  private static Result result(Workload workload, String engine, Double... rates) {
    return new Result(MODEL, workload, engine, new Samples(List.of(rates)));
  }

  private static Report report() {
    Workload generate = Workload.generate(64, 1);
    Workload read = Workload.read(512);
    return new Report(
        MACHINE,
        List.of("MoE4J", "other"),
        List.of(
            result(generate, "MoE4J", 30.0, 10.0, 20.0),
            result(generate, "other", 16.0, 16.0, 4.0, 20.0),
            result(read, "MoE4J", 100.0)),
        List.of(new Finding("file", "MoE4J", "memory", 512, "MB", "at most 600")),
        List.of("file, read 512: other ended"));
  }

  @Test
  void ratiosAreOfMediansAndSharesOfTheBestBandwidth() {
    // 20 tokens/s of 0.5 GB each are 10 GB/s, half of 20.
    String row =
        "| file | generate 64 | 20.0 (+-50 %) | 16.0 (+-50 %) | 1.25 | 500 | 10.0 GB/s | 50 % |";
    assertTrue(report().text().contains(row), report().text());
  }

  @Test
  void promptsAreComparedWithTheMultiplyAddsOfAllThreads() {
    // 100 tokens/s of 1e9 operations each are 100 GOP/s, a quarter of 400; the other engine failed.
    String row = "| file | read 512 | 100.0 (+-0 %) | | | | 100 GOP/s | 25 % |";
    assertTrue(report().text().contains(row), report().text());
    assertEquals(150, MACHINE.peak(true));
  }

  @Test
  void whatFailedAndWhatElseWasMeasuredIsSaid() {
    String text = report().text();
    assertTrue(text.contains("- file, read 512: other ended\n"), text);
    assertTrue(text.contains("| file | MoE4J | memory | 512 MB | at most 600 |\n"), text);
  }

  @Test
  void everyRoundIsKept(@TempDir Path folder) throws IOException {
    report().write(folder);
    List<String> lines = Files.readAllLines(folder.resolve("results.csv"));
    assertEquals(9, lines.size());
    assertEquals("file,generate 64,MoE4J,1,30.000", lines.get(1));
    assertTrue(Files.size(folder.resolve("generate.png")) > 1000);
    assertTrue(Files.size(folder.resolve("read.png")) > 1000);
  }

  @Test
  void growingNumbersOfExpertsHaveAChartOfTheirOwn(@TempDir Path folder) throws IOException {
    Workload generate = Workload.generate(64, 1);
    List<Result> results = new ArrayList<>();
    for (int experts : new int[] {8, 16}) {
      Result.Model model =
          new Result.Model("scale-" + experts + " Q4_0", 1_000_000, 1_000_000, false);
      results.add(new Result(model, generate, "MoE4J", new Samples(List.of(50.0))));
    }
    new Report(MACHINE, List.of("MoE4J"), results, List.of(), List.of()).write(folder);
    assertTrue(Files.size(folder.resolve("experts.png")) > 1000);
    assertFalse(Files.exists(folder.resolve("generate.png")));
  }

  @Test
  void aWorkloadIsSaidAsItIsAsked() {
    assertEquals("generate 64 16 16", Workload.generate(64, 16).command());
    assertEquals("read 512 8192", Workload.read(512).at(8192).command());
    assertEquals("read 512 @ 8192", Workload.read(512).at(8192).toString());
    assertEquals(2.0, Workload.generate(10, 4).rate(20));
  }
}
