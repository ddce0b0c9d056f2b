// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.moe4j.family.Refusals.assertNames;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.SoftmaxTopK;
import org.moe4j.model.Attention;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;

/** What settings of a {@code config.json} mean, and which are refused. */
class ConfigFamiliesTest {

  @TempDir Path scratch;

  private Variant fixture(String name) {
    return Variant.of(name, scratch);
  }

  private static Attention attention(ModelSpec spec, int layer) {
    return (Attention) spec.layers().get(layer).mixer();
  }

  private static List<Integer> windows(ModelSpec spec) {
    List<Integer> windows = new ArrayList<>();
    for (int i = 0; i < spec.layers().size(); i++) {
      windows.add(attention(spec, i).reach() instanceof Reach.Window(int width) ? width : 0);
    }
    return windows;
  }

  private static SoftmaxTopK rule(ModelSpec spec) {
    return (SoftmaxTopK) ((Mixture) spec.layers().getLast().feedForward()).rule();
  }

  // ------------------------------------------------------------------- refusals

  @Test
  void anUnknownFamilyIsNamedWithThoseThatAreKnown() {
    assertNames(
        fixture("llama-gqa").with("model_type", "mamba2").unsupported(),
        "family \"mamba2\"",
        "mixtral, ",
        String.join(", ", Families.supported()));
  }

  @Test
  void settingsThatWouldChangeTheResultAreRefusedByName() {
    assertNames(
        fixture("llama-gqa").with("hidden_act", "gelu").unsupported(), "hidden_act", "gelu");
    assertNames(
        fixture("llama-gqa")
            .with("quantization_config", Map.of("quant_method", "bitsandbytes"))
            .unsupported(),
        "quantization_config",
        "bitsandbytes");
    assertNames(
        fixture("llama-gqa")
            .with("architectures", List.of("LlamaForSequenceClassification"))
            .unsupported(),
        "architectures",
        "LlamaForSequenceClassification");
    assertNames(
        fixture("llama-gqa").with("partial_rotary_factor", 0.5).unsupported(),
        "partial_rotary_factor",
        "0.5");
    assertNames(
        fixture("olmoe-plain").with("sliding_window", 8).unsupported(), "sliding_window", "8");
    assertNames(
        fixture("qwen3-sliding")
            .with("layer_types", List.of("chunked_attention", "full_attention", "full_attention"))
            .unsupported(),
        "layer_types",
        "chunked_attention");
  }

  @Test
  void unknownRotaryScalingIsRefusedByName() {
    for (String type : List.of("dynamic", "longrope", "proportional")) {
      assertNames(
          fixture("llama-gqa")
              .with("rope_parameters", Map.of("rope_type", type, "rope_theta", 10000, "factor", 2))
              .unsupported(),
          "rope_type",
          type);
      assertNames(
          fixture("llama-bias")
              .with("rope_scaling", Map.of("type", type, "factor", 2))
              .unsupported(),
          "rope_type",
          type);
    }
    assertNames(
        fixture("qwen2-plain")
            .with("rope_parameters", Map.of("rope_theta", 10000, "mrope_section", List.of(2, 2, 1)))
            .unsupported(),
        "rope_parameters.mrope_section");
  }

  @Test
  void aTensorThatTheFamilyDoesNotHaveIsRefused() {
    // The weights have biases, the settings say there are none.
    assertNames(
        fixture("llama-bias").with("attention_bias", false).unsupported(),
        "self_attn",
        ".bias",
        "llama");
    // Qwen3 without its norms would be Llama.
    assertNames(fixture("qwen3-plain").with("model_type", "llama").unsupported(), "_norm.weight");
  }

  @Test
  void countsThatContradictEachOtherNameTheKey() {
    assertNames(
        fixture("mixtral-plain").with("num_experts_per_tok", 7).bad(),
        "config.json",
        "num_experts_per_tok",
        "expected 1 to the number of experts, 6, found 7");
    assertNames(
        fixture("llama-gqa").with("num_key_value_heads", 4).bad(),
        "num_key_value_heads",
        "expected a divisor of the attention heads, 6, found 4");
    assertNames(
        fixture("llama-tied").with("head_dim", null).with("num_attention_heads", 5).bad(),
        "num_attention_heads",
        "expected a divisor of the hidden size, 84, found 5");
    assertNames(fixture("llama-gqa").with("head_dim", 11).bad(), "head_dim", "even", "found 11");
    assertNames(fixture("llama-gqa").with("hidden_size", 0).bad(), "hidden_size", "at least 1");
    assertNames(fixture("llama-gqa").with("vocab_size", -1).bad(), "vocab_size", "-1");
    assertNames(
        fixture("qwen3-sliding").with("layer_types", List.of("full_attention")).bad(),
        "layer_types",
        "expected 3 entries, found 1");
    assertNames(
        fixture("qwen3-sliding").with("use_sliding_window", false).bad(),
        "layer_types",
        "use_sliding_window");
    assertNames(
        fixture("qwen3moe-norm").with("decoder_sparse_step", 0).bad(), "decoder_sparse_step");
    assertNames(
        fixture("qwen3moe-norm").with("num_experts", 10).with("num_local_experts", 11).bad(),
        "num_local_experts");
    assertNames(fixture("llama-gqa").without("rms_norm_eps").bad(), "rms_norm_eps", "missing");
    assertNames(fixture("llama-gqa").without("model_type").bad(), "model_type", "missing");
  }

  @Test
  void shapesThatDisagreeWithTheSettingsNameTheTensor() {
    assertNames(
        fixture("llama-gqa").with("vocab_size", 102).bad(),
        "model.embed_tokens.weight",
        "expected shape [102, 66], found [101, 66]");
    assertNames(
        fixture("llama-gqa").with("intermediate_size", 91).bad(),
        "mlp.gate_proj.weight",
        "expected shape [91, 66]");
    assertNames(
        fixture("mixtral-plain").with("num_local_experts", 7).bad(),
        "model.layers.0.mlp.gate.weight",
        "expected shape [7, 52], found [6, 52]");
    assertNames(
        fixture("llama-gqa").with("num_hidden_layers", 3).bad(), "model.layers.2.", "missing");
    assertNames(fixture("llama-gqa").with("num_hidden_layers", 1).unsupported(), "model.layers.1.");
  }

  @Test
  void hostileSizesAreRefusedBeforeAnythingIsAllocated() {
    int most = Integer.MAX_VALUE;
    fixture("llama-gqa").with("head_dim", most - 1).bad();
    fixture("llama-gqa").with("num_hidden_layers", most).bad();
    fixture("llama-gqa")
        .with("num_attention_heads", most)
        .with("num_key_value_heads", most)
        .with("head_dim", most - 1)
        .bad();
    fixture("mixtral-plain").with("num_local_experts", most).bad();
    fixture("mixtral-plain").with("intermediate_size", most).bad();
    fixture("qwen2moe-plain").with("num_experts", most).with("num_experts_per_tok", most).bad();
    fixture("llama-gqa").with("vocab_size", (long) most + 1).bad();
  }

  // ------------------------------------------------------------ embedding, output

  @Test
  void theOutputMatrixIsTiedWhereItIsMissing() {
    fixture("llama-tied").map(spec -> assertSame(spec.embedding(), spec.output()));
    fixture("llama-tied")
        .without("tie_word_embeddings")
        .map(spec -> assertSame(spec.embedding(), spec.output()));
    assertNames(
        fixture("llama-tied").with("tie_word_embeddings", false).bad(),
        "lm_head.weight",
        "missing");
  }

  @Test
  void anOutputMatrixThatIsThereIsUsed() {
    fixture("llama-gqa").map(spec -> assertNotSame(spec.embedding(), spec.output()));
    fixture("llama-gqa")
        .with("tie_word_embeddings", true)
        .map(spec -> assertNotSame(spec.embedding(), spec.output()));
  }

  // ---------------------------------------------------------------------- windows

  @Test
  void mistralIsLlamaWithAWindow() {
    Variant mistral = fixture("llama-gqa").with("model_type", "mistral");
    mistral.with("sliding_window", 5).map(spec -> assertEquals(List.of(5, 5), windows(spec)));
    mistral.with("sliding_window", null).map(spec -> assertEquals(List.of(0, 0), windows(spec)));
    mistral.without("sliding_window").map(spec -> assertEquals(List.of(4096, 4096), windows(spec)));
    mistral.map(spec -> assertFalse(attention(spec, 0).rotary().interleaved()));
  }

  @Test
  void windowsFollowEachFamilysRule() {
    fixture("mixtral-sliding").map(spec -> assertEquals(List.of(11, 11, 11), windows(spec)));
    fixture("mixtral-sliding")
        .without("sliding_window")
        .map(spec -> assertEquals(List.of(0, 0, 0), windows(spec)));
    // Dense Qwen: from max_window_layers on.
    fixture("qwen2-sliding").map(spec -> assertEquals(List.of(0, 7, 7), windows(spec)));
    fixture("qwen2-sliding")
        .with("use_sliding_window", false)
        .map(spec -> assertEquals(List.of(0, 0, 0), windows(spec)));
    fixture("qwen3-sliding").map(spec -> assertEquals(List.of(5, 0, 5), windows(spec)));
    // Qwen2-MoE: every second layer below max_window_layers.
    fixture("qwen2moe-sliding")
        .without("layer_types")
        .map(spec -> assertEquals(List.of(6, 0, 6), windows(spec)));
    fixture("qwen2moe-sliding")
        .without("layer_types")
        .with("max_window_layers", 2)
        .map(spec -> assertEquals(List.of(6, 0, 0), windows(spec)));
    // Qwen3-MoE: everywhere.
    fixture("qwen3moe-sliding").map(spec -> assertEquals(List.of(8, 8, 8), windows(spec)));
  }

  // -------------------------------------------------------------------- mixtures

  @Test
  void weightsAreRenormalisedAsTheConfigSays() {
    fixture("mixtral-plain").map(spec -> assertEquals(new SoftmaxTopK(2, true), rule(spec)));
    fixture("mixtral-plain")
        .with("norm_topk_prob", false)
        .map(spec -> assertEquals(new SoftmaxTopK(2, true), rule(spec)));
    fixture("qwen3moe-norm").map(spec -> assertEquals(new SoftmaxTopK(4, true), rule(spec)));
    for (String name : List.of("qwen3moe-norm", "qwen2moe-norm-mlponly-tied", "olmoe-plain")) {
      fixture(name)
          .without("norm_topk_prob")
          .map(spec -> assertFalse(rule(spec).renormalise(), name));
    }
  }

  @Test
  void sparseLayersFollowStepAndList() {
    Variant mixed = fixture("qwen2moe-norm-mlponly-tied");
    mixed.map(spec ->
        assertEquals(
            List.of(true, false, true),
            spec.layers().stream().map(l -> l.feedForward() instanceof Mixture).toList()));
    fixture("qwen2moe-step2")
        .map(spec ->
            assertEquals(
                List.of(false, true, false, false),
                spec.layers().stream().map(l -> l.feedForward() instanceof Mixture).toList()));
    // Layer 1 has no experts.
    assertNames(mixed.with("mlp_only_layers", Collections.emptyList()).bad(), "model.layers.1.mlp");
  }

  // ---------------------------------------------------------------------- rotary

  @Test
  void rotaryBaseComesFromTheSectionThenTheConfigThenTheFamily() {
    // Pair 1 of a head of 10 turns by 1 / base^(2/10) a position.
    Variant llama = fixture("llama-gqa");
    llama
        .with("rope_parameters", Map.of("rope_theta", 32.0))
        .with("rope_theta", 1024.0)
        .map(spec -> assertEquals(0.5f, attention(spec, 0).rotary().frequency(1), 1e-6f));
    llama
        .with("rope_parameters", Map.of())
        .map(spec -> assertEquals(0.25f, attention(spec, 0).rotary().frequency(1), 1e-6f));
    llama
        .without("rope_theta")
        .map(spec ->
            assertEquals(Math.pow(10_000, -0.2), attention(spec, 0).rotary().frequency(1), 1e-6));
    // A section of the old name goes first.
    llama
        .with("rope_scaling", Map.of("rope_type", "linear", "factor", 4.0, "rope_theta", 32.0))
        .map(spec -> assertEquals(0.125f, attention(spec, 0).rotary().frequency(1), 1e-6f));
    assertNames(llama.with("rope_scaling", Map.of("rope_theta", 1)).bad(), "rope_theta", "found 1");
  }

  @Test
  void yarnAttentionFactorFollowsTheSettings() {
    Map<String, Object> yarn =
        Map.of(
            "rope_type",
            "yarn",
            "rope_theta",
            1000.0,
            "factor",
            Math.E,
            "original_max_position_embeddings",
            32);
    Variant qwen = fixture("qwen3moe-rope-yarn");
    qwen.with("rope_parameters", yarn)
        .map(spec -> assertEquals(1.1f, attention(spec, 0).rotary().scale(), 1e-6f));
    qwen.with("rope_parameters", plus(yarn, "attention_factor", 1.5))
        .map(spec -> assertEquals(1.5f, attention(spec, 0).rotary().scale(), 1e-6f));
    qwen.with("rope_parameters", plus(plus(yarn, "mscale", 2.0), "mscale_all_dim", 1.0))
        .map(spec -> assertEquals(1.2f / 1.1f, attention(spec, 0).rotary().scale(), 1e-6f));
  }

  private static Map<String, Object> plus(Map<String, Object> map, String key, Object value) {
    Map<String, Object> more = new java.util.LinkedHashMap<>(map);
    more.put(key, value);
    return more;
  }
}
