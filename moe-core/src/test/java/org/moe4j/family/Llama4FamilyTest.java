// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.moe4j.family.Refusals.assertNames;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.model.Attention;
import org.moe4j.model.Reach;

/** Llama 4's settings, and language models inside checkpoints with other parts. */
class Llama4FamilyTest {

  @TempDir Path scratch;

  private Variant fixture(String name) {
    return Variant.of(name, scratch);
  }

  @Test
  void theImageEncoderIsLeftOut() {
    fixture("llama4nested-images")
        .map(spec -> {
          assertEquals("llama4", spec.family());
          assertEquals(79, spec.vocabularySize());
        });
  }

  @Test
  void anotherTaskOfACheckpointWithImagesIsRefused() {
    assertNames(
        fixture("llama4nested-images")
            .with("architectures", List.of("Llama4ForCausalLM"))
            .unsupported(),
        "architectures",
        "ForConditionalGeneration");
  }

  @Test
  void anothersLanguageModelIsRefusedByItsName() {
    assertNames(
        fixture("llama4nested-images")
            .with("text_config", Map.of("model_type", "mamba2"))
            .unsupported(),
        "text_config.model_type",
        "mamba2");
  }

  @Test
  void packedWeightsAreNamedByTheWholeModelsSettings() {
    assertNames(
        fixture("llama4nested-images")
            .with("quantization_config", Map.of("quant_method", "compressed-tensors"))
            .unsupported(),
        "quantization_config",
        "compressed-tensors");
  }

  @Test
  void everyFourthLayerNeitherRotatesNorHasChunksByDefault() {
    fixture("llama4-plain")
        .map(spec -> {
          for (int layer = 0; layer < 4; layer++) {
            Attention attention = (Attention) spec.layers().get(layer).mixer();
            if (layer == 3) {
              assertNull(attention.rotary());
              assertEquals(Reach.ALL, attention.reach());
              assertNotNull(attention.temperature());
            } else {
              assertNotNull(attention.rotary());
              assertEquals(new Reach.Chunk(8192), attention.reach());
              assertNull(attention.temperature());
            }
          }
        });
  }

  /** The first published configs had the 4 of every fourth layer in the place of true. */
  @Test
  void temperatureTuningMayBeANumber() {
    for (int number : new int[] {0, 4}) {
      fixture("llama4-plain")
          .with("attn_temperature_tuning", number)
          .map(spec -> {
            Attention last = (Attention) spec.layers().get(3).mixer();
            assertEquals(number == 0, last.temperature() == null);
          });
    }
  }

  @Test
  void listsThatAreTooShortAreRefused() {
    assertNames(
        fixture("llama4-plain").with("no_rope_layers", List.of(1, 1, 0)).bad(),
        "no_rope_layers",
        "expected 4 entries, found 3");
    assertNames(
        fixture("llama4-chunks").with("layer_types", List.of("full_attention")).bad(),
        "layer_types",
        "expected 3 entries, found 1");
    assertNames(
        fixture("llama4-chunks")
            .with("layer_types", List.of("full_attention", "full_attention", "sliding_attention"))
            .unsupported(),
        "layer_types",
        "sliding_attention");
  }
}
