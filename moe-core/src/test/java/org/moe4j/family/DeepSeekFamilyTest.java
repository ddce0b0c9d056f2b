// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.moe4j.family.MadeUpGguf.assertBad;
import static org.moe4j.family.MadeUpGguf.assertUnsupported;
import static org.moe4j.family.MadeUpGguf.map;
import static org.moe4j.family.Refusals.assertNames;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.GroupScore;
import org.moe4j.ScoredTopK.Score;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.GgufBytes;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.LatentAttention;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;

/**
 * What settings of models with latent attention mean, and which are refused. The GGUF files have
 * hidden size 4, two heads of 2 plain, 2 rotated and 3 value dimensions, latents of 32, four
 * experts of 3 of which two run, one shared expert, 5 token ids.
 */
class DeepSeekFamilyTest {

  private static final String ARCH = "deepseek2.";

  /** The number of Q8_0 in GGUF files. */
  private static final int Q8_0 = 8;

  @TempDir Path scratch;

  private static GgufBytes file(int layers) {
    return new GgufBytes()
        .text("general.architecture", "deepseek2")
        .uint32(ARCH + "block_count", layers)
        .uint32(ARCH + "context_length", 64)
        .uint32(ARCH + "embedding_length", 4)
        .uint32(ARCH + "feed_forward_length", 5)
        .uint32(ARCH + "attention.head_count", 2)
        .uint32(ARCH + "attention.kv_lora_rank", 32)
        .uint32(ARCH + "rope.dimension_count", 2)
        .uint32(ARCH + "expert_count", 4)
        .uint32(ARCH + "expert_used_count", 2)
        .uint32(ARCH + "expert_shared_count", 1)
        .uint32(ARCH + "expert_feed_forward_length", 3)
        .key(ARCH + "attention.layer_norm_rms_epsilon", 6, float32(1e-5f))
        .zeros("token_embd.weight", TensorType.F32, 4, 5)
        .zeros("output_norm.weight", TensorType.F32, 4);
  }

  private static byte[] float32(float value) {
    return GgufBytes.int32(Float.floatToIntBits(value));
  }

  /** All of a layer but the heads' keys and values. */
  private static GgufBytes layer(GgufBytes file, int index) {
    String layer = "blk." + index + ".";
    return file.zeros(layer + "attn_norm.weight", TensorType.F32, 4)
        .zeros(layer + "ffn_norm.weight", TensorType.F32, 4)
        .zeros(layer + "attn_q.weight", TensorType.F32, 4, 8)
        .zeros(layer + "attn_kv_a_mqa.weight", TensorType.F32, 4, 34)
        .zeros(layer + "attn_kv_a_norm.weight", TensorType.F32, 32)
        .zeros(layer + "attn_output.weight", TensorType.F32, 6, 4)
        .zeros(layer + "ffn_gate_inp.weight", TensorType.F32, 4, 4)
        .zeros(layer + "ffn_gate_exps.weight", TensorType.F32, 4, 3, 4)
        .zeros(layer + "ffn_up_exps.weight", TensorType.F32, 4, 3, 4)
        .zeros(layer + "ffn_down_exps.weight", TensorType.F32, 3, 4, 4)
        .zeros(layer + "ffn_gate_shexp.weight", TensorType.F32, 4, 3)
        .zeros(layer + "ffn_up_shexp.weight", TensorType.F32, 4, 3)
        .zeros(layer + "ffn_down_shexp.weight", TensorType.F32, 3, 4);
  }

  /** One layer as converters write it: a stack of keys and one of values. */
  private static GgufBytes plain() {
    return split(layer(file(1), 0), 0);
  }

  private static GgufBytes split(GgufBytes file, int index) {
    if (index == 0) {
      file.uint32(ARCH + "attention.head_count_kv", 1)
          .uint32(ARCH + "attention.key_length", 34)
          .uint32(ARCH + "attention.value_length", 32)
          .uint32(ARCH + "attention.key_length_mla", 4)
          .uint32(ARCH + "attention.value_length_mla", 3);
    }
    String layer = "blk." + index + ".";
    return file.floats(layer + "attn_k_b.weight", keys(), 2, 32, 2)
        .floats(layer + "attn_v_b.weight", values(), 32, 3, 2);
  }

  /** One layer as in files of before: one matrix for both. */
  private static GgufBytes joint() {
    return layer(file(1), 0)
        .uint32(ARCH + "attention.head_count_kv", 2)
        .uint32(ARCH + "attention.key_length", 4)
        .uint32(ARCH + "attention.value_length", 3);
  }

  /** {@code [head][latent][plain]}. */
  private static float[] keys() {
    float[] values = new float[2 * 32 * 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 70;
    }
    return values;
  }

  /** {@code [head][value][latent]}. */
  private static float[] values() {
    float[] values = new float[2 * 3 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = 500 + i;
    }
    return values;
  }

  /** The two in one matrix: for each head two rows for its keys and three for its values. */
  private static float[] both() {
    float[] rows = new float[10 * 32];
    for (int head = 0; head < 2; head++) {
      for (int i = 0; i < 32; i++) {
        rows[(head * 5) * 32 + i] = keys()[(head * 32 + i) * 2];
        rows[(head * 5 + 1) * 32 + i] = keys()[(head * 32 + i) * 2 + 1];
      }
      System.arraycopy(values(), head * 96, rows, (head * 5 + 2) * 32, 96);
    }
    return rows;
  }

  private static LatentAttention attention(ModelSpec spec) {
    return (LatentAttention) spec.layers().getFirst().mixer();
  }

  private static Mixture mixture(ModelSpec spec) {
    return (Mixture) spec.layers().getLast().feedForward();
  }

  private static ScoredTopK rule(ModelSpec spec) {
    return (ScoredTopK) mixture(spec).rule();
  }

  private static float[] numbers(TensorData tensor) {
    float[] numbers = new float[(int) tensor.elements()];
    MemorySegment data = tensor.data();
    Dequantizer.row(tensor.type(), data, 0, numbers, 0, numbers.length);
    return numbers;
  }

  private static void assertHeads(LatentAttention attention) {
    assertEquals(2, attention.plainSize());
    assertEquals(3, attention.valueSize());
    for (int head = 0; head < 2; head++) {
      float[] key = java.util.Arrays.copyOfRange(keys(), head * 64, (head + 1) * 64);
      float[] value = java.util.Arrays.copyOfRange(values(), head * 96, (head + 1) * 96);
      assertArrayEquals(key, numbers(attention.maps().keyUp().get(head).weight()));
      assertArrayEquals(value, numbers(attention.maps().valueUp().get(head).weight()));
    }
  }

  // ------------------------------------------------------------------- attention

  @Test
  void keysAndValuesAreTheSameInStacksAndInOneMatrix() {
    map(plain(), spec -> assertHeads(attention(spec)));
    map(
        joint().floats("blk.0.attn_kv_b.weight", both(), 32, 10),
        spec -> {
          assertHeads(attention(spec));
          assertEquals(TensorType.F32, attention(spec).maps().keyUp().getFirst().weight().type());
        });
  }

  @Test
  void quantisedKeysAreTransposedAsHalves() {
    // Rows of one block: a scale of one half, then 32 bytes.
    byte[] blocks = new byte[10 * 34];
    for (int row = 0; row < 10; row++) {
      blocks[row * 34 + 1] = 0x38;
      for (int i = 0; i < 32; i++) {
        blocks[row * 34 + 2 + i] = (byte) (row * 11 - i * 3);
      }
    }
    map(
        joint().tensor("blk.0.attn_kv_b.weight", Q8_0, blocks, 32, 10),
        spec -> {
          TensorData key = attention(spec).maps().keyUp().getLast().weight();
          assertEquals(TensorType.F16, key.type());
          assertArrayEquals(new long[] {32, 2}, key.shape());
          float[] numbers = numbers(key);
          for (int i = 0; i < 32; i++) {
            // The second head's keys are rows 5 and 6.
            assertEquals((5 * 11 - i * 3) / 2f, numbers[2 * i]);
            assertEquals((6 * 11 - i * 3) / 2f, numbers[2 * i + 1]);
          }
          assertEquals(TensorType.Q8_0, attention(spec).maps().valueUp().getLast().weight().type());
        });
  }

  @Test
  void compressedRowsAreNormedWithAnEpsilonOfTheirOwn() {
    map(
        plain(),
        spec -> {
          assertEquals(1e-5f, spec.outputNorm().epsilon());
          assertEquals(1e-6f, attention(spec).latentNorm().epsilon());
          assertNull(attention(spec).queryNorm());
        });
  }

  @Test
  void aMultiplierOfYarnScalesTheDotProducts() {
    GgufBytes file =
        plain()
            .text(ARCH + "rope.scaling.type", "yarn")
            .key(ARCH + "rope.scaling.factor", 6, float32(40))
            .uint32(ARCH + "rope.scaling.original_context_length", 16);
    map(
        file,
        spec -> {
          assertEquals((float) (0.1 * Math.log(40) + 1), attention(spec).rotary().scale());
          assertEquals(0.5f, attention(spec).scale());
        });
    map(
        file.key(ARCH + "rope.scaling.yarn_log_multiplier", 6, float32(0.0707f)),
        spec -> {
          double mscale = 0.0707 * Math.log(40) + 1;
          assertEquals(1, attention(spec).rotary().scale());
          assertEquals(0.5 * mscale * mscale, attention(spec).scale(), 1e-6);
        });
  }

  @Test
  void sizesThatContradictAreBad() {
    assertBad(
        split(layer(file(1), 0).uint32(ARCH + "nextn_predict_layers", 1), 0),
        "nextn_predict_layers");
    Variant heads = Variant.of("deepseekv3-groups", scratch).with("num_key_value_heads", 2);
    assertNames(heads.bad(), "num_key_value_heads", "4");
    Variant odd = Variant.of("deepseekv3-groups", scratch).with("qk_rope_head_dim", 7);
    assertNames(odd.bad(), "qk_rope_head_dim", "even");
    Variant part = Variant.of("deepseekv3-groups", scratch).with("partial_rotary_factor", 0.5);
    assertNames(part.unsupported(), "partial_rotary_factor", "0.5");
  }

  // --------------------------------------------------------------------- routing

  @Test
  void aBiasMeansSigmoidWhereTheFileDoesNotTell() {
    map(plain(), spec -> assertEquals(ScoredTopK.softmax(2), rule(spec)));
    map(
        plain().floats("blk.0.exp_probs_b.bias", new float[] {1, -2, 3, 4}, 4),
        spec -> {
          assertEquals(Score.SIGMOID, rule(spec).score());
          assertEquals(-2, rule(spec).bias().get(1));
        });
    map(
        plain()
            .floats("blk.0.exp_probs_b.bias", new float[] {1, -2, 3, 4}, 4)
            .uint32(ARCH + "expert_gating_func", 1),
        spec -> assertEquals(Score.SOFTMAX, rule(spec).score()));
    assertUnsupported(plain().uint32(ARCH + "expert_gating_func", 3), "expert_gating_func", "3");
    assertBad(
        plain().floats("blk.0.exp_probs_b.bias", new float[] {1, Float.NaN, 3, 4}, 4),
        "exp_probs_b",
        "NaN");
  }

  @Test
  void groupsAreScoredAsTheScoresAre() {
    GgufBytes groups =
        plain().uint32(ARCH + "expert_group_count", 2).uint32(ARCH + "expert_group_used_count", 1);
    map(
        groups,
        spec -> assertEquals(new ScoredTopK.Groups(2, 1, GroupScore.BEST), rule(spec).groups()));
    map(
        groups.uint32(ARCH + "expert_gating_func", 2),
        spec ->
            assertEquals(new ScoredTopK.Groups(2, 1, GroupScore.BEST_TWO), rule(spec).groups()));
    assertBad(plain().uint32(ARCH + "expert_group_count", 3), "expert_group_count", "3");
    assertBad(
        plain().uint32(ARCH + "expert_group_count", 4).uint32(ARCH + "expert_group_used_count", 1),
        "expert_group_count");
    assertNames(
        Variant.of("deepseekv3-groups", scratch).with("topk_group", 9).bad(), "topk_group", "9");
  }

  @Test
  void weightsAreDividedAndScaledAsTheFileTells() {
    map(
        plain()
            .key(ARCH + "expert_weights_scale", 6, float32(2.5f))
            .key(ARCH + "expert_weights_norm", 7, new byte[] {1}),
        spec -> {
          assertEquals(2.5, rule(spec).scale());
          assertEquals(new ScoredTopK.Normalisation(0, 1e-20), rule(spec).normalisation());
        });
    map(
        plain().key(ARCH + "expert_weights_scale", 6, float32(0)),
        spec -> {
          assertEquals(1, rule(spec).scale());
          assertNull(rule(spec).normalisation());
        });
  }

  @Test
  void anotherRuleThanTheFamilysIsRefusedByName() {
    assertNames(
        Variant.of("deepseekv3-groups", scratch).with("scoring_func", "softmax").unsupported(),
        "scoring_func",
        "softmax");
    assertNames(
        Variant.of("deepseekv3-groups", scratch).with("topk_method", "greedy").unsupported(),
        "topk_method",
        "greedy");
    assertNames(
        Variant.of("deepseekv2lite-yarn", scratch).with("topk_method", "noaux_tc").unsupported(),
        "topk_method",
        "noaux_tc");
    Variant.of("deepseekv3-groups", scratch)
        .with("scoring_func", "sigmoid")
        .with("topk_method", "noaux_tc")
        .map(spec -> assertEquals(Score.SIGMOID, rule(spec).score()));
  }

  // ---------------------------------------------------------------------- layers

  @Test
  void layersThatGuessFurtherTokensAreLeftOut() {
    GgufBytes file = split(layer(split(layer(file(2), 0), 0), 1), 1);
    file.zeros("blk.1.nextn.eh_proj.weight", TensorType.F32, 8, 4);
    assertUnsupported(file, "blk.1.nextn.eh_proj.weight");
    map(
        file.uint32(ARCH + "nextn_predict_layers", 1),
        spec -> assertEquals(1, spec.layers().size()));

    Variant shorter = Variant.of("deepseekv3-groups", scratch).with("num_hidden_layers", 1);
    assertNames(shorter.with("num_nextn_predict_layers", 0).unsupported(), "model.layers.1.");
    shorter.with("num_nextn_predict_layers", 1).map(spec -> assertEquals(1, spec.layers().size()));
  }

  @Test
  void theFirstLayersMayBeDense() {
    GgufBytes file =
        plain()
            .uint32(ARCH + "leading_dense_block_count", 1)
            .zeros("blk.0.ffn_gate.weight", TensorType.F32, 4, 5)
            .zeros("blk.0.ffn_up.weight", TensorType.F32, 4, 5)
            .zeros("blk.0.ffn_down.weight", TensorType.F32, 5, 4);
    assertUnsupported(file, "blk.0.ffn_", "does not have");
    Variant.of("deepseekv3-groups", scratch)
        .with("moe_layer_freq", 2)
        .map(spec -> {
          assertTrue(spec.layers().getFirst().feedForward() instanceof GatedFeedForward);
          assertNotNull(mixture(spec).shared());
        });
    assertNames(
        Variant.of("glm47flash-mixed-groups", scratch)
            .with("mlp_layer_types", List.of("sparse", "dense", "parallel"))
            .unsupported(),
        "mlp_layer_types",
        "parallel");
    assertNames(
        Variant.of("glm47flash-mixed-groups", scratch)
            .with("mlp_layer_types", List.of("sparse", "dense"))
            .bad(),
        "mlp_layer_types",
        "3");
  }

  @Test
  void kimiIsReadAsDeepSeek() {
    Variant.of("kimik2-plain", scratch)
        .with("model_type", "kimi_k2")
        .map(spec -> {
          assertEquals("kimi_k2", spec.family());
          assertEquals(2.827, rule(spec).scale());
        });
  }
}
