// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.moe4j.CacheType;
import org.moe4j.decode.Decoder;
import org.moe4j.device.DeviceProvider;
import org.moe4j.family.Families;
import org.moe4j.format.ModelFile;

/**
 * Tiny models of every family, layout and special setting, saved in bfloat16, compute what
 * transformers computes, whichever way the tokens are cut into steps.
 */
class ParityTest {

  /** Largest difference of a logit with an F32 cache, as a share of the logits' range. */
  static final double LOGITS = 1e-4;

  /** The same with an F16 cache. */
  private static final double LOGITS_F16 = 2e-3;

  static final double WEIGHTS = 1e-5;
  private static final int THREADS = 2;

  private static Stream<DynamicTest> onEveryDevice(BiConsumer<DeviceProvider, Path> test) {
    return Fixtures.devices().stream()
        .flatMap(device ->
            Fixtures.cases().stream()
                .map(directory ->
                    DynamicTest.dynamicTest(
                        device.name() + " " + directory.getFileName(),
                        () -> test.accept(device, directory))));
  }

  private static Answers answers(Path directory) {
    return Answers.read(directory.resolve("expected.safetensors"));
  }

  private static RunningModel open(Path directory, DeviceProvider device, CacheType cache) {
    return new RunningModel(directory, device, THREADS, cache);
  }

  @Test
  void theOracleIsAmongTheDevices() {
    List<String> names = Fixtures.devices().stream().map(DeviceProvider::name).toList();
    assertTrue(names.contains("scalar"), names.toString());
    assertTrue(Fixtures.cases().size() >= 30, "parity cases");
  }

  @Test
  void everyFamilyIsAmongTheCasesInBothFormats() {
    Set<String> missing = new TreeSet<>(Families.supported());
    Stream.concat(
            Fixtures.cases().stream(),
            Fixtures.cases().stream().flatMap(directory -> Fixtures.twin(directory).stream()))
        .forEach(model -> {
          try (ModelFile file = ModelFile.open(model)) {
            missing.remove(Families.map(file).family());
          }
        });
    // Mistral is Mixtral's attention with Llama's feed-forward; its mapping has a test of its own.
    assertEquals(Set.of("mistral"), missing);
  }

  @TestFactory
  Stream<DynamicTest> givesTheReferenceLogitsExpertsAndWeights() {
    return onEveryDevice(
        (device, directory) -> compare(device, directory, CacheType.F32, LOGITS, WEIGHTS));
  }

  @TestFactory
  Stream<DynamicTest> staysCloseWithAHalfPrecisionCache() {
    return onEveryDevice(
        (device, directory) -> compare(device, directory, CacheType.F16, LOGITS_F16, LOGITS_F16));
  }

  private static void compare(
      DeviceProvider device, Path directory, CacheType cache, double logits, double weights) {
    Answers answers = answers(directory);
    assertTrue(answers.sequences() >= 3, "sequences");
    try (RunningModel model = open(directory, device, cache)) {
      for (int i = 0; i < answers.sequences(); i++) {
        Trace expected = answers.trace(i);
        Trace found = model.read(answers.ids(i), Decoder.MOST_LOGITS);
        String what = "%s cache, sequence %d".formatted(cache, i);
        Compare.routing(expected, found, weights, what);
        Compare.logits(expected, found, logits, what);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> answersWithTheReferenceTokensThroughTheCache() {
    return onEveryDevice((device, directory) -> {
      Answers answers = answers(directory);
      for (CacheType cache : List.of(CacheType.F32, CacheType.F16)) {
        try (RunningModel model = open(directory, device, cache)) {
          for (int i = 0; i < answers.sequences(); i++) {
            int[] expected = answers.greedy(i);
            assertEquals(24, expected.length);
            assertArrayEquals(
                expected,
                model.greedy(answers.ids(i), expected.length),
                "%s cache, sequence %d".formatted(cache, i));
          }
        }
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> piecesOfAnySizeGiveTheSameBits() {
    return onEveryDevice((device, directory) -> {
      Answers answers = answers(directory);
      for (CacheType cache : CacheType.values()) {
        try (RunningModel model = open(directory, device, cache)) {
          for (int i = 0; i < answers.sequences(); i++) {
            int[] ids = answers.ids(i);
            Trace largest = model.read(ids, Decoder.MOST_LOGITS);
            String what = "%s cache, sequence %d, ".formatted(cache, i);
            Compare.bits(model.readAtOnce(ids), largest, what + "in one step");
            for (int piece : new int[] {1, 7, 32}) {
              Compare.bits(largest, model.read(ids, piece), what + "pieces of " + piece);
            }
          }
        }
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> sequencesOfABatchDoNotDisturbEachOther() {
    return onEveryDevice((device, directory) -> {
      Answers answers = answers(directory);
      try (RunningModel model = open(directory, device, CacheType.F32)) {
        List<int[]> sequences = new ArrayList<>();
        for (int i = 0; i < answers.sequences(); i++) {
          sequences.add(answers.ids(i));
        }
        // A sequence with itself, so that the same pages would be mixed up, too.
        sequences.add(answers.ids(2));
        List<Trace> together = readTogether(model, sequences);
        for (int i = 0; i < sequences.size(); i++) {
          Trace alone = model.read(sequences.get(i), Decoder.MOST_LOGITS);
          assertEquals(alone.logits().size(), together.get(i).logits().size());
          Compare.bits(alone, together.get(i), "sequence " + i);
        }
      }
    });
  }

  /**
   * Every step takes some rows of each sequence that has any left: one of the first, three of the
   * second, ...
   */
  private static List<Trace> readTogether(RunningModel model, List<int[]> sequences) {
    List<RunningModel.Reading> readings = new ArrayList<>();
    sequences.forEach(ids -> readings.add(model.begin(ids.length)));
    int[] done = new int[sequences.size()];
    List<RunningModel.Part> parts = new ArrayList<>();
    do {
      parts.clear();
      for (int i = 0; i < sequences.size(); i++) {
        int[] ids = sequences.get(i);
        int rows = Math.min(2 * i + 1, ids.length - done[i]);
        if (rows > 0) {
          int[] next = Arrays.copyOfRange(ids, done[i], done[i] + rows);
          parts.add(new RunningModel.Part(readings.get(i), next, rows));
          done[i] += rows;
        }
      }
      if (!parts.isEmpty()) {
        model.step(parts);
      }
    } while (!parts.isEmpty());
    readings.forEach(RunningModel.Reading::close);
    return readings.stream().map(reading -> reading.trace).toList();
  }
}
