// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.moe4j.Answer;
import org.moe4j.Routing;

/**
 * What is measured is also right: the bodies of the benchmarks give on the cpu device what they
 * give on the scalar one.
 */
class BenchmarkBodiesTest {

  private static float[] linear(String device, String type) {
    LinearMaps benchmark = new LinearMaps();
    benchmark.device = device;
    benchmark.type = type;
    benchmark.rows = 1;
    benchmark.load();
    try {
      LinearMaps.Work work = new LinearMaps.Work();
      float[] result = benchmark.linear(work).clone();
      assertEquals(2048L * 2048, work.multiplyAdds);
      return result;
    } finally {
      benchmark.free();
    }
  }

  @Test
  void linearMapsAgree() {
    for (String type : new String[] {"F32", "Q4_0", "Q8_0", "Q2_K", "Q3_K", "Q6_K", "MXFP4"}) {
      assertClose(type, linear("scalar", type), linear("cpu", type));
    }
  }

  private static float[] layer(String device) {
    MoeLayer benchmark = new MoeLayer();
    benchmark.device = device;
    benchmark.type = "Q8_0";
    benchmark.experts = 32;
    benchmark.rows = 16;
    benchmark.load();
    try {
      Routing routing = benchmark.route();
      for (int row = 0; row < 16; row++) {
        assertEquals(4, routing.count(row));
      }
      return benchmark.layer().clone();
    } finally {
      benchmark.free();
    }
  }

  @Test
  void layersAgree() {
    assertClose("layer", layer("scalar"), layer("cpu"));
  }

  @Test
  void modelsReadAndAnswer() {
    WholeModel benchmark = new WholeModel();
    benchmark.device = "cpu";
    benchmark.model = "";
    benchmark.open();
    try {
      Answer read = benchmark.prefill();
      assertEquals(512, read.usage().promptTokens());
      assertEquals(64, benchmark.decode().usage().answerTokens());
    } finally {
      benchmark.close();
    }
  }

  /**
   * Relative to the size of the whole result: rounding activations to 8 bits moves single values
   * more.
   */
  private static void assertClose(String what, float[] expected, float[] actual) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(actual[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    double relative = Math.sqrt(difference / size);
    assertTrue(size > 0 && relative < 0.02, () -> what + ": relative difference " + relative);
  }
}
