// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.moe4j.SoftmaxTopK;
import org.moe4j.demo.DemoModel;
import org.moe4j.format.ModelFile;
import org.moe4j.model.Attention;
import org.moe4j.model.Costs;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;

/** Trained models are described as their cards describe them. */
class TrainedModelsTest {

  private static final Path SHARED = Path.of(System.getProperty("moe4j.shared", "../../shared"));

  private static void map(Path path, Consumer<ModelSpec> look) {
    try (ModelFile file = ModelFile.open(path)) {
      look.accept(Families.map(file));
    }
  }

  private static void mapShared(String name, Consumer<ModelSpec> look) {
    Path path = SHARED.resolve("models").resolve(name);
    assumeTrue(Files.exists(path));
    map(path, look);
  }

  @Test
  void theDemoModelHasThirtyTwoExpertsInEachOfSixLayers() {
    map(
        DemoModel.path(),
        spec -> {
          assertEquals("qwen3moe", spec.family());
          assertEquals(6, spec.layers().size());
          assertEquals(1024, spec.contextLength());
          assertSame(spec.embedding(), spec.output());
          for (var layer : spec.layers()) {
            Mixture mixture = assertInstanceOf(Mixture.class, layer.feedForward());
            assertEquals(32, mixture.experts().size());
            assertEquals(new SoftmaxTopK(4, true), mixture.rule());
            assertTrue(!((Attention) layer.mixer()).rotary().interleaved());
          }
          Costs costs = Costs.of(spec);
          assertEquals(21_155_840, costs.parameters());
          // Of 32 experts with 3 x 128 x 256 weights, 28 stay idle in each layer.
          assertEquals(costs.parameters() - 6L * 28 * 3 * 128 * 256, costs.activeParameters());
        });
  }

  @Test
  @Tag("shared")
  void storiesAreLlamaAndAsAMixtureMixtral() {
    mapShared(
        "stories260k/stories260K-f32.gguf",
        spec -> {
          assertEquals(5, spec.layers().size());
          assertEquals(512, spec.vocabularySize());
          assertTrue(((Attention) spec.layers().getFirst().mixer()).rotary().interleaved());
          assertInstanceOf(GatedFeedForward.class, spec.layers().getFirst().feedForward());
        });
    mapShared(
        "stories260k/stories260K-moe4-f32.gguf",
        spec -> {
          Mixture mixture = assertInstanceOf(Mixture.class, spec.layers().getFirst().feedForward());
          assertEquals(4, mixture.experts().size());
          assertEquals(new SoftmaxTopK(2, true), mixture.rule());
        });
  }

  @Test
  @Tag("shared")
  void smolLm2Has135MillionWeights() {
    mapShared(
        "smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf",
        spec -> {
          assertEquals(30, spec.layers().size());
          assertSame(spec.embedding(), spec.output());
          assertEquals(134_515_008, Costs.of(spec).parameters());
        });
  }
}
