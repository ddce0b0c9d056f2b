// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Medians, ratios and shares are those that the numbers give. */
class ReportTest {

  private static final Machine MACHINE =
      new Machine("a processor", 2, 512, "25", 10, 15, 20, 100, 200);

  private static Report report() {
    Workload generate = Workload.generate(64, 1);
    return new Report(
        MACHINE,
        List.of("MoE4J", "other"),
        List.of(
            new Result("file", generate, "MoE4J", List.of(30.0, 10.0, 20.0), 500_000_000),
            new Result("file", generate, "other", List.of(16.0, 16.0, 4.0, 20.0), 500_000_000)));
  }

  @Test
  void ratiosAreOfMediansAndSharesOfTheBestBandwidth() {
    // 20 tokens/s of 0.5 GB each are 10 GB/s, half of 20.
    String row = "| file | generate 64 | 20.0 (+-50 %) | 16.0 (+-50 %) | 1.25 | 500 | 50 % |";
    assertTrue(report().table().contains(row), report().table());
  }

  @Test
  void everyRoundIsKept(@TempDir Path folder) throws IOException {
    report().write(folder);
    List<String> lines = Files.readAllLines(folder.resolve("results.csv"));
    assertEquals(8, lines.size());
    assertEquals("file,generate 64,MoE4J,1,30.000", lines.get(1));
    assertTrue(Files.size(folder.resolve("generate.png")) > 1000);
  }

  @Test
  void aWorkloadIsSaidAsItIsAsked() {
    assertEquals("generate 64 16 16", Workload.generate(64, 16).command());
    assertEquals("read 512 8192", Workload.read(512).at(8192).command());
    assertEquals("read 512 @ 8192", Workload.read(512).at(8192).toString());
    assertEquals(2.0, Workload.generate(10, 4).rate(20));
  }
}
