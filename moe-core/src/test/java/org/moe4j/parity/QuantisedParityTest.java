// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.moe4j.CacheType;
import org.moe4j.decode.Decoder;
import org.moe4j.device.DeviceProvider;
import org.moe4j.format.TensorType;
import tools.jackson.databind.JsonNode;

/**
 * Models of every tensor type against transformers with the dequantised weights: what is left is
 * the error of the activations, which may be quantised to eight bits and then must be no worse than
 * llama.cpp's.
 */
class QuantisedParityTest {

  /** Largest normalised mean square error of a device that computes with floats. */
  private static final double FLOATS = 1e-9;

  /** Largest difference of an expert's weight with activations of eight bits. */
  private static final double WEIGHTS = 0.05;

  private static Stream<DynamicTest> onEveryDevice(BiConsumer<DeviceProvider, Path> test) {
    return Fixtures.devices().stream()
        .flatMap(device ->
            Fixtures.quantised().stream()
                .map(file ->
                    DynamicTest.dynamicTest(
                        device.name() + " " + file.getFileName(),
                        () -> test.accept(device, file))));
  }

  private static Answers answers(Path file) {
    return Answers.read(Path.of(file.toString().replace(".gguf", ".safetensors")));
  }

  @Test
  void everyTensorTypeOfGgufFilesIsThere() {
    Set<TensorType> types = EnumSet.noneOf(TensorType.class);
    Fixtures.quantised()
        .forEach(
            file -> types.add(TensorType.valueOf(answers(file).facts().path("type").asString())));
    Set<TensorType> supported = EnumSet.noneOf(TensorType.class);
    for (int id = 1; id < 64; id++) {
      TensorType.ofGgufId(id).filter(TensorType::isSupported).ifPresent(supported::add);
    }
    assertEquals(supported, types);
  }

  @TestFactory
  Stream<DynamicTest> errsNoMoreThanLlamaCpp() {
    return onEveryDevice((device, file) -> {
      Answers answers = answers(file);
      double allowed = allowed(device, answers.facts());
      try (RunningModel model = new RunningModel(file, device, 2, CacheType.F32)) {
        for (int i = 0; i < answers.sequences(); i++) {
          Trace expected = answers.trace(i);
          Trace found = model.read(answers.ids(i), Decoder.MOST_LOGITS);
          double error = Compare.error(expected, found);
          String what = "sequence " + i;
          assertTrue(
              error <= allowed,
              "%s: normalised mean square error %.2e, allowed %.1e"
                  .formatted(what, error, allowed));
          double weights = allowed > FLOATS ? WEIGHTS : ParityTest.WEIGHTS;
          Compare.routing(expected, found, weights, what);
        }
      }
    });
  }

  /**
   * A tenth more than the larger of llama.cpp's errors, because which way so few values are rounded
   * is chance.
   */
  private static double allowed(DeviceProvider device, JsonNode facts) {
    TensorType type = TensorType.valueOf(facts.path("type").asString());
    if (device.name().equals("scalar") || !type.isQuantized()) {
      return FLOATS;
    }
    return 1.1
        * facts
            .path("llama_cpp_nmse")
            .valueStream()
            .mapToDouble(JsonNode::asDouble)
            .max()
            .orElse(0);
  }

  @TestFactory
  Stream<DynamicTest> piecesOfAnySizeGiveTheSameBits() {
    return onEveryDevice((device, file) -> {
      int[] ids = answers(file).ids(1);
      assertEquals(20, ids.length);
      try (RunningModel model = new RunningModel(file, device, 2, CacheType.F32)) {
        Trace whole = model.readAtOnce(ids);
        for (int piece : new int[] {1, 2, 3, 7, 16}) {
          Compare.bits(whole, model.read(ids, piece), "pieces of " + piece);
        }
      }
    });
  }
}
