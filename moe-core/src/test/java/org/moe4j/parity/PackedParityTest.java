// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.moe4j.format.BlockDecoder;
import org.moe4j.format.ModelFile;
import org.moe4j.format.TensorType;

/**
 * Safetensors with packed weights against transformers with the weights that they stand for. Where
 * the cpu device quantises activations, its error is bounded as that of GGUF files.
 */
class PackedParityTest {

  /** The largest of llama.cpp's own errors in the fixtures of {@link QuantisedParityTest}. */
  private static final double ERROR = 9e-4;

  private static final double QUANTISED_WEIGHTS = 0.05;

  private static Answers answers(Path directory) {
    return Answers.read(directory.resolve("expected.safetensors"));
  }

  @Test
  void everyPackingIsThere() {
    assertEquals(
        List.of(
            "awq",
            "fp8-block",
            "fp8-channel",
            "fp8-tensor",
            "gptq-desc-act",
            "gptq-symmetric",
            "gptq-v2",
            "int8-channel",
            "mxfp4-gpt-oss",
            "pack-channel",
            "pack-group"),
        Fixtures.packed().stream().map(path -> path.getFileName().toString()).toList());
  }

  /** Whether activations are rounded somewhere on the cpu device. */
  private static boolean quantised(Path directory) {
    try (ModelFile file = ModelFile.open(directory)) {
      return file.tensors().stream().anyMatch(tensor -> BlockDecoder.of(tensor.type()).isPresent());
    }
  }

  @Test
  void integersInWholeGroupsStayIntegers() {
    try (ModelFile file = ModelFile.open(Fixtures.resource("/packed").resolve("gptq-symmetric"))) {
      assertEquals(
          TensorType.INT4, file.tensor("model.layers.1.self_attn.q_proj.weight", 128, 160).type());
      assertEquals(
          TensorType.BF16, file.tensor("model.layers.0.self_attn.o_proj.weight", 160, 128).type());
      assertTrue(file.find("model.layers.1.self_attn.q_proj.qweight").isEmpty());
    }
  }

  @Test
  void scaledFloatsKeepTheir8Bits() {
    for (String packing : List.of("fp8-block", "fp8-tensor", "fp8-channel")) {
      try (ModelFile file = ModelFile.open(Fixtures.resource("/packed").resolve(packing))) {
        String layer = "model.layers.1.self_attn.";
        assertEquals(TensorType.E4M3_32, file.tensor(layer + "q_proj.weight", 128, 160).type());
        assertEquals(TensorType.E4M3_128, file.tensor(layer + "o_proj.weight", 160, 128).type());
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> givesTheLogitsOfTheWeightsThatAreMeant() {
    return Fixtures.devices().stream()
        .flatMap(device ->
            Fixtures.packed().stream()
                .map(directory ->
                    DynamicTest.dynamicTest(
                        device.name() + " " + directory.getFileName(),
                        () -> compare(device, directory))));
  }

  private static void compare(DeviceProvider device, Path directory) {
    boolean rounded = !device.name().equals("scalar") && quantised(directory);
    Answers answers = answers(directory);
    try (RunningModel model = new RunningModel(directory, device, 2, CacheType.F32)) {
      for (int i = 0; i < answers.sequences(); i++) {
        Trace expected = answers.trace(i);
        Trace found = model.read(answers.ids(i), Decoder.MOST_LOGITS);
        String what = "sequence " + i;
        Compare.routing(expected, found, rounded ? QUANTISED_WEIGHTS : ParityTest.WEIGHTS, what);
        if (rounded) {
          double error = Compare.error(expected, found);
          assertTrue(error <= ERROR, "%s: error %.2e".formatted(what, error));
        } else {
          Compare.logits(expected, found, ParityTest.LOGITS, what);
        }
      }
    }
  }
}
