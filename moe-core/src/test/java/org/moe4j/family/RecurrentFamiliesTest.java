// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.moe4j.family.Refusals.assertNames;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.model.Attention;
import org.moe4j.model.GatedDeltaNet;
import org.moe4j.model.Mamba2;
import org.moe4j.model.ShortConvolution;

/**
 * What of the families with state spaces, short convolutions or linear attention is refused, since
 * it would be computed otherwise.
 */
class RecurrentFamiliesTest {

  @TempDir Path scratch;

  private Variant granite() {
    return Variant.of("granitehybrid-plain", scratch);
  }

  private Variant lfm2() {
    return Variant.of("lfm2moe-plain", scratch);
  }

  private Variant qwen() {
    return Variant.of("qwen3next-plain", scratch);
  }

  private GgufVariant gguf(String fixture) {
    return GgufVariant.of(fixture, scratch);
  }

  // ---------------------------------------------------------------- kinds of layers

  @Test
  void layersOfAnotherKindAreRefusedWithThoseThatAreKnown() {
    assertNames(
        granite().with("layer_types", List.of("conv", "attention", "mamba")).unsupported(),
        "layer_types",
        "conv",
        "mamba");
    assertNames(
        lfm2().with("layer_types", List.of("mamba", "full_attention", "conv")).unsupported(),
        "layer_types",
        "mamba",
        "conv");
    assertNames(
        qwen()
            .with("layer_types", List.of("linear_attention", "full_attention", "sliding_attention"))
            .unsupported(),
        "layer_types",
        "sliding_attention",
        "linear_attention");
    assertNames(
        qwen().with("layer_types", List.of("full_attention")).bad(),
        "layer_types",
        "expected 3 entries, found 1");
  }

  @Test
  void modelsWithoutAnyAttentionAreRefused() {
    List<String> none = List.of("linear_attention", "linear_attention", "linear_attention");
    assertNames(
        granite().with("layer_types", none).unsupported(), "layer_types", "without attention");
    assertNames(qwen().with("layer_types", none).unsupported(), "layer_types", "without attention");
    assertNames(
        gguf("lfm2moe-plain").withEntry("lfm2moe.attention.head_count_kv", 1, 0).unsupported(),
        "without attention");
  }

  @Test
  void ggufFilesTellLayersByTheirKeyValueHeads() {
    gguf("granitehybrid-plain")
        .map(spec -> {
          assertInstanceOf(Mamba2.class, spec.layers().get(0).mixer());
          assertInstanceOf(Attention.class, spec.layers().get(1).mixer());
        });
    gguf("lfm2moe-plain")
        .map(spec -> {
          assertInstanceOf(ShortConvolution.class, spec.layers().get(0).mixer());
          assertInstanceOf(Attention.class, spec.layers().get(1).mixer());
        });
    assertNames(
        gguf("lfm2moe-plain").withEntry("lfm2moe.attention.head_count_kv", 0, 1).unsupported(),
        "lfm2moe.attention.head_count_kv",
        "0 and 2");
    assertNames(
        gguf("granitehybrid-plain").with("granitehybrid.block_count", 2).bad(),
        "attention.head_count_kv",
        "expected 2 entries, found 3");
    assertNames(
        gguf("qwen3next-plain").with("qwen3next.block_count", 4).bad(),
        "attention.recurrent_layers",
        "expected 4 entries, found 3");
  }

  @Test
  void withoutAListEveryFourthLayerOfQwenHasAttention() {
    Variant.of("qwen3next-raw-mixed", scratch)
        .without("layer_types")
        .map(spec -> {
          assertInstanceOf(GatedDeltaNet.class, spec.layers().get(2).mixer());
          assertInstanceOf(Attention.class, spec.layers().get(3).mixer());
        });
    assertNames(
        Variant.of("qwen3next-raw-mixed", scratch)
            .without("layer_types")
            .with("full_attention_interval", 2)
            .bad(),
        "model.layers.1.self_attn.");
  }

  // ------------------------------------------------------------------- Granite 4

  @Test
  void anotherActivationIsRefused() {
    assertNames(granite().with("hidden_act", "gelu").unsupported(), "hidden_act", "gelu");
    assertNames(qwen().with("hidden_act", "relu").unsupported(), "hidden_act", "relu");
  }

  @Test
  void sizesOfAStateSpaceThatContradictNameTheKey() {
    assertNames(granite().with("mamba_n_heads", 7).bad(), "mamba_n_heads", "divisor of", "96", "7");
    assertNames(granite().with("mamba_d_head", 8).bad(), "mamba_d_head", "expected 16, found 8");
    assertNames(granite().with("mamba_n_groups", 4).bad(), "mamba_n_groups", "heads, 6, found 4");
    assertNames(granite().with("mamba_d_state", 1 << 28).bad(), "mamba_d_state", "too large");
    assertNames(granite().with("mamba_expand", 1.5).bad(), "mamba_expand");
    assertNames(
        gguf("granitehybrid-plain").with("granitehybrid.ssm.time_step_rank", 7).bad(),
        "granitehybrid.ssm.time_step_rank",
        "7");
  }

  @Test
  void limitsOfATimeStepAreTwoNumbers() {
    for (Object limits : List.of(List.of(0.1), List.of(0.1, "much"), 0.1)) {
      assertNames(
          granite().with("time_step_limit", limits).bad(),
          "time_step_limit",
          "expected two numbers");
    }
    granite()
        .with("time_step_limit", List.of(0.25, Map.of("__float__", "Infinity")))
        .map(spec -> {
          Mamba2 mamba = (Mamba2) spec.layers().getFirst().mixer();
          assertEquals(0.25f, mamba.timeStep().least());
          assertEquals(Float.POSITIVE_INFINITY, mamba.timeStep().most());
        });
  }

  @Test
  void biasesAreThereAsTheSettingsSay() {
    assertNames(
        granite().with("mamba_conv_bias", false).unsupported(),
        "mamba.conv1d.bias",
        "granitemoehybrid");
    assertNames(granite().with("mamba_proj_bias", true).bad(), "model.layers.0.mamba.in_proj.bias");
    assertNames(lfm2().with("conv_bias", true).bad(), "model.layers.0.conv.in_proj.bias");
    assertNames(
        Variant.of("lfm2-bias-adjusted", scratch).with("conv_bias", false).unsupported(),
        "conv.",
        ".bias");
  }

  @Test
  void settingsOfOtherStateSpacesAreRefused() {
    assertNames(
        gguf("granitehybrid-plain").adding("granitehybrid.ssm.dt_b_c_rms", 1).unsupported(),
        "granitehybrid.ssm.dt_b_c_rms");
    assertNames(
        gguf("granitehybrid-plain").adding("granitehybrid.expert_gating_func", 2).unsupported(),
        "granitehybrid.expert_gating_func",
        "softmax");
    assertNames(
        gguf("granitehybrid-plain").adding("granitehybrid.attention.value_length", 6).unsupported(),
        "granitehybrid.attention.value_length",
        "6");
    assertNames(
        gguf("granitehybrid-plain").renamed("blk.0.ssm_dt.bias", "blk.0.ssm_du.bias").bad(),
        "blk.0.ssm_dt.bias");
  }

  // ------------------------------------------------------------------------ LFM2

  @Test
  void windowsAndOtherRoutingOfLfm2AreRefused() {
    assertNames(
        gguf("lfm2moe-plain").adding("lfm2moe.attention.sliding_window", 8).unsupported(),
        "lfm2moe.attention.sliding_window");
    assertNames(
        gguf("lfm2moe-plain").with("lfm2moe.expert_gating_func", 1).unsupported(),
        "lfm2moe.expert_gating_func",
        "sigmoid");
    assertNames(
        gguf("lfm2moe-plain").adding("lfm2moe.expert_group_count", 7).unsupported(),
        "lfm2moe.expert_group_count");
    assertNames(
        lfm2().with("use_expert_bias", false).unsupported(), "feed_forward.expert_bias", "lfm2");
    assertNames(
        lfm2().with("partial_rotary_factor", 0.5).unsupported(), "partial_rotary_factor", "0.5");
  }

  @Test
  void numbersOfLfm2sRoutingMustBeFinite() {
    assertNames(
        lfm2().withNan("model.layers.2.feed_forward.expert_bias").bad(),
        "model.layers.2.feed_forward.expert_bias",
        "finite");
    assertNames(
        lfm2().with("routed_scaling_factor", 1e300).bad(), "routed_scaling_factor", "1.0E300");
  }

  // ------------------------------------------------------- Qwen3-Next and Qwen3.5

  @Test
  void sizesOfLinearAttentionThatContradictNameTheKey() {
    assertNames(
        qwen().with("linear_num_value_heads", 3).bad(),
        "linear_num_value_heads",
        "multiple of the 2 key heads",
        "3");
    assertNames(
        qwen().with("linear_key_head_dim", 1 << 30).bad(), "linear_key_head_dim", "too large");
    assertNames(
        gguf("qwen35moe-plain").with("qwen35moe.ssm.time_step_rank", 7).bad(),
        "qwen35moe.ssm.time_step_rank",
        "7");
  }

  @Test
  void attentionWithoutAnOutputGateIsRefused() {
    assertNames(qwen().with("attn_output_gate", false).unsupported(), "attn_output_gate", "false");
    qwen().with("attn_output_gate", true).map(spec -> {});
  }

  @Test
  void sectionsOfPositionsAreThoseOfQwen35Alone() {
    Map<String, Object> rotary =
        Map.of("rope_type", "default", "rope_theta", 10000, "mrope_section", List.of(1, 1));
    assertNames(
        qwen().with("rope_parameters", rotary).unsupported(), "rope_parameters.mrope_section");
    assertNames(
        gguf("qwen3next-plain").adding("qwen3next.expert_gating_func", 2).unsupported(),
        "qwen3next.expert_gating_func",
        "softmax");
    assertNames(
        gguf("qwen35moe-plain").adding("qwen35moe.nextn_predict_layers", 3).bad(),
        "nextn_predict_layers",
        "3");
  }
}
