// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.moe4j.CacheType;
import org.moe4j.decode.Decoder;
import org.moe4j.device.DeviceProvider;

/** A GGUF file gives the answers of the directory that holds the same parameters. */
class GgufTwinTest {

  private static List<Path> casesWithTwin() {
    return Fixtures.cases().stream()
        .filter(directory -> Fixtures.twin(directory).isPresent())
        .toList();
  }

  @Test
  void aSplitSetIsAmongTheTwins() {
    assertTrue(
        casesWithTwin().stream()
            .anyMatch(
                directory -> Fixtures.twin(directory).orElseThrow().toString().contains("-of-")));
  }

  @TestFactory
  Stream<DynamicTest> givesTheReferenceLogitsExpertsAndTokens() {
    return Fixtures.devices().stream()
        .flatMap(device ->
            casesWithTwin().stream()
                .map(directory ->
                    DynamicTest.dynamicTest(
                        device.name() + " " + directory.getFileName(),
                        () -> compare(device, directory))));
  }

  private static void compare(DeviceProvider device, Path directory) {
    Answers answers = Answers.read(directory.resolve("expected.safetensors"));
    Path twin = Fixtures.twin(directory).orElseThrow();
    try (RunningModel model = new RunningModel(twin, device, 2, CacheType.F32)) {
      for (int i = 0; i < answers.sequences(); i++) {
        String what = "sequence " + i;
        Trace expected = answers.trace(i);
        Trace found = model.read(answers.ids(i), Decoder.MOST_LOGITS);
        Compare.routing(expected, found, ParityTest.WEIGHTS, what);
        Compare.logits(expected, found, ParityTest.LOGITS, what);
        int[] greedy = answers.greedy(i);
        assertArrayEquals(greedy, model.greedy(answers.ids(i), greedy.length), what);
      }
    }
  }
}
