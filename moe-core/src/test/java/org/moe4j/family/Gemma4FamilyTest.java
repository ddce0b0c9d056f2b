// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.moe4j.family.Refusals.assertNames;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of Gemma 4 is refused, since it would be computed otherwise. */
class Gemma4FamilyTest {

  @TempDir Path scratch;

  private Variant plain() {
    return Variant.of("gemma4-plain", scratch);
  }

  private GgufVariant gguf() {
    return GgufVariant.of("gemma4-plain", scratch);
  }

  @Test
  void keysAndValuesOfOtherLayersAreRefused() {
    assertNames(
        plain().with("num_kv_shared_layers", 1).unsupported(),
        "config.json: num_kv_shared_layers",
        "1");
    assertNames(
        gguf().with("gemma4.attention.shared_kv_layers", 1).unsupported(),
        "gemma4.attention.shared_kv_layers",
        "1");
  }

  @Test
  void inputsByLayerAreRefusedAndMeantByAConfigThatDoesNotTell() {
    assertNames(
        plain().with("hidden_size_per_layer_input", 16).unsupported(),
        "hidden_size_per_layer_input",
        "16");
    assertNames(
        plain().without("hidden_size_per_layer_input").unsupported(),
        "hidden_size_per_layer_input",
        "256");
    assertNames(
        gguf().with("gemma4.embedding_length_per_layer_input", 8).unsupported(),
        "gemma4.embedding_length_per_layer_input",
        "8");
  }

  @Test
  void attentionToWhatComesLaterIsRefused() {
    for (String mode : List.of("all", "text")) {
      assertNames(
          plain().with("use_bidirectional_attention", mode).unsupported(),
          "use_bidirectional_attention",
          mode);
    }
    // Only pictures would be seen as a whole.
    plain().with("use_bidirectional_attention", "vision").map(spec -> {});
    assertNames(
        gguf().adding("gemma4.attention.causal", 0).unsupported(), "gemma4.attention.causal");
  }

  @Test
  void otherActivationsLayersAndRotationsAreRefused() {
    assertNames(
        plain().with("hidden_activation", "gelu").unsupported(), "hidden_activation", "gelu");
    assertNames(
        plain()
            .with(
                "layer_types", List.of("sliding_attention", "chunked_attention", "full_attention"))
            .unsupported(),
        "layer_types",
        "chunked_attention");
    assertNames(
        plain()
            .with(
                "rope_parameters",
                Map.of(
                    "full_attention", Map.of("rope_type", "yarn", "factor", 4),
                    "sliding_attention", Map.of("rope_type", "default")))
            .unsupported(),
        "rope_type",
        "yarn");
  }

  @Test
  void settingsOfSingleLayersThatAreNotKnownAreRefused() {
    Map<String, Integer> heads = Map.of("head_dim", 16, "num_key_value_heads", 1);
    assertNames(
        plain()
            .with("per_layer_config", Map.of("2", heads, "0", Map.of("sliding_window", 4)))
            .unsupported(),
        "per_layer_config.0",
        "sliding_window");
    for (String layer : List.of("3", "-1", "full_attention")) {
      assertNames(
          plain()
              .with("per_layer_config", Map.of("2", heads, layer, Map.of("head_dim", 16)))
              .unsupported(),
          "per_layer_config",
          "\"" + layer + "\"");
    }
  }

  @Test
  void sizesThatNoTensorConfirmsAreNotAllocatedBy() {
    for (int size : new int[] {1 << 30, 0}) {
      assertNames(
          plain()
              .with(
                  "per_layer_config",
                  Map.of("2", Map.of("head_dim", size, "num_key_value_heads", 1)))
              .bad(),
          "model.layers.2.self_attn.q_norm.weight",
          String.valueOf(size));
    }
    assertNames(
        gguf()
            .with("gemma4.attention.key_length_swa", 1 << 30)
            .with("gemma4.attention.value_length_swa", 1 << 30)
            .with("gemma4.rope.dimension_count_swa", 1 << 30)
            .bad(),
        "blk.0.attn_q_norm.weight",
        String.valueOf(1 << 30));
  }

  @Test
  void settingsOfGgufFilesThatAreNotKnownAreRefused() {
    assertNames(
        gguf().adding("gemma4.attn_logit_softcapping", 50).unsupported(),
        "gemma4.attn_logit_softcapping");
    assertNames(
        gguf().with("gemma4.attention.value_length_swa", 8).unsupported(),
        "gemma4.attention.value_length_swa",
        "8");
    assertNames(
        gguf().with("gemma4.rope.dimension_count", 8).unsupported(),
        "gemma4.rope.dimension_count",
        "8");
    assertNames(
        gguf().with("gemma4.block_count", 2).bad(),
        "gemma4.attention.sliding_window_pattern",
        "expected 2 entries, found 3");
  }

  @Test
  void aLayerWithoutValuesNeedsASettingThatSaysSo() {
    assertNames(
        plain().with("attention_k_eq_v", false).bad(), "model.layers.2.self_attn.v_proj.weight");
    // In GGUF files the tensors tell.
    gguf().map(spec -> assertEquals(3, spec.layers().size()));
  }

  @Test
  void tensorsThatTheSettingsDoNotTellOfAreRefused() {
    assertNames(plain().with("enable_moe_block", false).unsupported(), "model.layers.", "gemma4");
    assertNames(
        gguf()
            .renamed("blk.0.layer_output_scale.weight", "blk.0.layer_output_shift.weight")
            .unsupported(),
        "blk.0.layer_output_shift.weight");
  }

  @Test
  void aScaleOfAnExpertThatIsNoNumberIsNamed() {
    assertNames(
        plain().withNan("model.layers.1.router.per_expert_scale").bad(),
        "model.layers.1.router.per_expert_scale",
        "finite");
  }
}
