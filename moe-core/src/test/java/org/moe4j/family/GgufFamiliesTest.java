// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.moe4j.family.MadeUpGguf.assertBad;
import static org.moe4j.family.MadeUpGguf.assertUnsupported;
import static org.moe4j.family.MadeUpGguf.map;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.moe4j.SoftmaxTopK;
import org.moe4j.format.GgufBytes;
import org.moe4j.format.TensorType;
import org.moe4j.model.Attention;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;

/**
 * What keys and tensors of GGUF files mean, on files of one layer: hidden size 4, two query heads
 * and one key-value head of 2, feed-forwards of 3, 5 token ids.
 */
class GgufFamiliesTest {

  private static GgufBytes file(String family) {
    return new GgufBytes()
        .text("general.architecture", family)
        .uint32(family + ".block_count", 1)
        .uint32(family + ".context_length", 64)
        .uint32(family + ".embedding_length", 4)
        .uint32(family + ".feed_forward_length", 3)
        .uint32(family + ".attention.head_count", 2)
        .uint32(family + ".attention.head_count_kv", 1)
        .key(family + ".attention.layer_norm_rms_epsilon", 6, float32(1e-5f))
        .zeros("token_embd.weight", TensorType.F32, 4, 5)
        .zeros("output_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.attn_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.ffn_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.attn_q.weight", TensorType.F32, 4, 4)
        .zeros("blk.0.attn_k.weight", TensorType.F32, 4, 2)
        .zeros("blk.0.attn_v.weight", TensorType.F32, 4, 2)
        .zeros("blk.0.attn_output.weight", TensorType.F32, 4, 4);
  }

  private static byte[] float32(float value) {
    return GgufBytes.int32(Float.floatToIntBits(value));
  }

  private static GgufBytes dense(String family) {
    return file(family)
        .zeros("blk.0.ffn_gate.weight", TensorType.F32, 4, 3)
        .zeros("blk.0.ffn_up.weight", TensorType.F32, 4, 3)
        .zeros("blk.0.ffn_down.weight", TensorType.F32, 3, 4);
  }

  /** Two experts, one used, without the tensors of the experts. */
  private static GgufBytes routed(String family) {
    return file(family)
        .uint32(family + ".expert_count", 2)
        .uint32(family + ".expert_used_count", 1)
        .zeros("blk.0.ffn_gate_inp.weight", TensorType.F32, 4, 2);
  }

  private static GgufBytes stacked(GgufBytes file) {
    return file.floats("blk.0.ffn_gate_exps.weight", from(0, 24), 4, 3, 2)
        .floats("blk.0.ffn_up_exps.weight", from(100, 24), 4, 3, 2)
        .floats("blk.0.ffn_down_exps.weight", from(200, 24), 3, 4, 2);
  }

  private static GgufBytes qwen2moe() {
    return stacked(routed("qwen2moe"))
        .uint32("qwen2moe.expert_feed_forward_length", 3)
        .zeros("blk.0.ffn_gate_shexp.weight", TensorType.F32, 4, 7)
        .zeros("blk.0.ffn_up_shexp.weight", TensorType.F32, 4, 7)
        .zeros("blk.0.ffn_down_shexp.weight", TensorType.F32, 7, 4)
        .floats("blk.0.ffn_gate_inp_shexp.weight", from(5, 4), 4);
  }

  private static float[] from(int first, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = first + i;
    }
    return values;
  }

  private static Attention attention(ModelSpec spec) {
    return (Attention) spec.layers().getFirst().mixer();
  }

  private static Mixture mixture(ModelSpec spec) {
    return (Mixture) spec.layers().getFirst().feedForward();
  }

  private static float[] values(Linear linear) {
    return linear.weight().data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  // -------------------------------------------------------------------- layouts

  private static void assertExperts(ModelSpec spec) {
    List<GatedFeedForward> experts = mixture(spec).experts();
    assertEquals(2, experts.size());
    for (int i = 0; i < 2; i++) {
      assertArrayEquals(from(12 * i, 12), values(experts.get(i).gate()), "gate " + i);
      assertArrayEquals(from(100 + 12 * i, 12), values(experts.get(i).up()), "up " + i);
      assertArrayEquals(from(200 + 12 * i, 12), values(experts.get(i).down()), "down " + i);
      assertEquals(3, experts.get(i).gate().outputs());
      assertEquals(3, experts.get(i).down().inputs());
    }
  }

  @Test
  void expertsAreFoundInEveryLayout() {
    map(stacked(routed("llama")), GgufFamiliesTest::assertExperts);
    map(
        stacked(routed("llama")).uint32("llama.expert_feed_forward_length", 3),
        GgufFamiliesTest::assertExperts);
    float[] merged = new float[48];
    for (int expert = 0; expert < 2; expert++) {
      System.arraycopy(from(12 * expert, 12), 0, merged, 24 * expert, 12);
      System.arraycopy(from(100 + 12 * expert, 12), 0, merged, 24 * expert + 12, 12);
    }
    map(
        routed("llama")
            .floats("blk.0.ffn_gate_up_exps.weight", merged, 4, 6, 2)
            .floats("blk.0.ffn_down_exps.weight", from(200, 24), 3, 4, 2),
        GgufFamiliesTest::assertExperts);
    GgufBytes single = routed("llama");
    for (int i = 0; i < 2; i++) {
      single
          .floats("blk.0.ffn_gate." + i + ".weight", from(12 * i, 12), 4, 3)
          .floats("blk.0.ffn_up." + i + ".weight", from(100 + 12 * i, 12), 4, 3)
          .floats("blk.0.ffn_down." + i + ".weight", from(200 + 12 * i, 12), 3, 4);
    }
    map(single, GgufFamiliesTest::assertExperts);
  }

  @Test
  void theSharedExpertTakesItsWidthFromItsTensorAndItsGateFromAVector() {
    map(
        qwen2moe().uint32("qwen2moe.expert_shared_feed_forward_length", 9),
        spec -> {
          Mixture.SharedExpert shared = mixture(spec).shared();
          assertEquals(7, shared.body().gate().outputs());
          assertEquals(1, shared.gate().outputs());
          assertArrayEquals(from(5, 4), values(shared.gate()));
        });
  }

  @Test
  void layersWithoutARouterAreDense() {
    GgufBytes mixed =
        dense("qwen3moe")
            .uint32("qwen3moe.expert_count", 2)
            .uint32("qwen3moe.expert_used_count", 1)
            .uint32("qwen3moe.expert_feed_forward_length", 3)
            .zeros("blk.0.attn_q_norm.weight", TensorType.F32, 2)
            .zeros("blk.0.attn_k_norm.weight", TensorType.F32, 2);
    map(
        mixed,
        spec ->
            assertEquals(
                GatedFeedForward.class, spec.layers().getFirst().feedForward().getClass()));
  }

  @Test
  void embeddingsAreTiedWhereTheOutputIsMissing() {
    map(dense("llama"), spec -> assertSame(spec.embedding(), spec.output()));
    map(
        dense("llama").floats("output.weight", from(0, 20), 4, 5),
        spec -> assertArrayEquals(from(0, 20), values(spec.output())));
  }

  @Test
  void biasesAreThoseThatTheFileHas() {
    map(
        dense("llama").floats("blk.0.attn_q.bias", from(7, 4), 4),
        spec -> {
          assertEquals("blk.0.attn_q.bias", attention(spec).maps().query().bias().name());
          assertEquals(null, attention(spec).maps().key().bias());
        });
  }

  // ----------------------------------------------------------------------- rules

  @Test
  void renormalisingFollowsTheFamilyUnlessTheFileTells() {
    GgufBytes[] files = {stacked(routed("llama")), qwen2moe()};
    map(files[0], spec -> assertEquals(new SoftmaxTopK(1, true), mixture(spec).rule()));
    map(files[1], spec -> assertEquals(new SoftmaxTopK(1, false), mixture(spec).rule()));
    map(
        qwen2moe().key("qwen2moe.expert_weights_norm", 7, new byte[] {1}),
        spec -> assertEquals(new SoftmaxTopK(1, true), mixture(spec).rule()));
  }

  @Test
  void otherRoutersAreRefusedByName() {
    assertUnsupported(
        stacked(routed("llama")).uint32("llama.expert_gating_func", 2),
        "llama.expert_gating_func",
        "2");
    assertUnsupported(
        stacked(routed("llama")).key("llama.expert_weights_scale", 6, float32(2.5f)),
        "llama.expert_weights_scale",
        "2.5");
  }

  @Test
  void moreExpertsForATokenThanThereAreIsABadFile() {
    assertBad(
        file("llama").uint32("llama.expert_count", 2).uint32("llama.expert_used_count", 3),
        "llama.expert_used_count",
        "expected 1 to the number of experts, 2, found 3");
  }

  @Test
  void keysAndTensorsThatTheFamilyDoesNotHaveAreRefusedByName() {
    assertUnsupported(
        dense("llama").key("llama.logit_scale", 6, float32(0.5f)), "llama.logit_scale");
    assertUnsupported(
        dense("qwen3")
            .zeros("blk.0.attn_q_norm.weight", TensorType.F32, 2)
            .zeros("blk.0.attn_k_norm.weight", TensorType.F32, 2)
            .uint32("qwen3.attention.sliding_window", 8),
        "qwen3.attention.sliding_window");
    assertUnsupported(
        dense("llama").key("llama.attention.causal", 7, new byte[] {0}), "llama.attention.causal");
    assertUnsupported(
        dense("llama").zeros("blk.0.attn_sinks.weight", TensorType.F32, 2),
        "blk.0.attn_sinks.weight");
    assertUnsupported(
        dense("llama")
            .uint32("llama.attention.value_length", 4)
            .uint32("llama.attention.key_length", 2),
        "llama.attention.value_length");
  }

  @Test
  void aTensorTypeWithoutKernelsIsRefusedByName() {
    assertUnsupported(
        dense("llama").zeros("output.weight", TensorType.I8, 4, 5), "output.weight", "I8", "Q4_K");
  }

  @Test
  void windowAndClipAreTakenFromTheirKeys() {
    map(
        dense("llama").uint32("llama.attention.sliding_window", 8),
        spec -> assertEquals(new Reach.Window(8), attention(spec).reach()));
    map(
        stacked(routed("llama")).uint32("llama.attention.sliding_window", 8),
        spec -> assertEquals(new Reach.Window(8), attention(spec).reach()));
    map(
        stacked(routed("olmoe"))
            .zeros("blk.0.attn_q_norm.weight", TensorType.F32, 4)
            .zeros("blk.0.attn_k_norm.weight", TensorType.F32, 2)
            .key("olmoe.attention.clamp_kqv", 6, float32(0.5f)),
        spec -> assertEquals(0.5f, attention(spec).clip()));
  }

  // ---------------------------------------------------------------------- rotary

  private static GgufBytes longHeads() {
    // One head of 4, so that there are two pairs.
    return new GgufBytes()
        .text("general.architecture", "llama")
        .uint32("llama.block_count", 1)
        .uint32("llama.context_length", 64)
        .uint32("llama.embedding_length", 4)
        .uint32("llama.feed_forward_length", 3)
        .uint32("llama.attention.head_count", 1)
        .key("llama.attention.layer_norm_rms_epsilon", 6, float32(1e-5f))
        .key("llama.rope.freq_base", 6, float32(16))
        .zeros("token_embd.weight", TensorType.F32, 4, 5)
        .zeros("output_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.attn_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.ffn_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.attn_q.weight", TensorType.F32, 4, 4)
        .zeros("blk.0.attn_k.weight", TensorType.F32, 4, 4)
        .zeros("blk.0.attn_v.weight", TensorType.F32, 4, 4)
        .zeros("blk.0.attn_output.weight", TensorType.F32, 4, 4)
        .zeros("blk.0.ffn_gate.weight", TensorType.F32, 4, 3)
        .zeros("blk.0.ffn_up.weight", TensorType.F32, 4, 3)
        .zeros("blk.0.ffn_down.weight", TensorType.F32, 3, 4);
  }

  private void assertFrequencies(GgufBytes bytes, float... expected) {
    map(
        bytes,
        spec -> {
          Rotary rotary = attention(spec).rotary();
          List<Float> found = new ArrayList<>();
          for (int i = 0; i < rotary.pairs(); i++) {
            found.add(rotary.frequency(i));
          }
          assertEquals(expected.length, rotary.pairs());
          for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found.get(i), 1e-6f, found.toString());
          }
        });
  }

  @Test
  void rotaryPairsAreNeighboursInLlamaAloneAndHalvesElsewhere() {
    map(dense("llama"), spec -> assertTrue(attention(spec).rotary().interleaved()));
    map(qwen2moe(), spec -> assertTrue(!attention(spec).rotary().interleaved()));
  }

  @Test
  void rotaryFrequenciesFollowTheKeys() {
    assertFrequencies(longHeads(), 1, 0.25f);
    assertFrequencies(longHeads().uint32("llama.rope.dimension_count", 2), 1);
    assertFrequencies(longHeads().key("llama.rope.scale_linear", 6, float32(2)), 0.5f, 0.125f);
    assertFrequencies(
        longHeads()
            .text("llama.rope.scaling.type", "linear")
            .key("llama.rope.scaling.factor", 6, float32(4)),
        0.25f,
        0.0625f);
    assertFrequencies(
        longHeads()
            .text("llama.rope.scaling.type", "none")
            .key("llama.rope.scaling.factor", 6, float32(4)),
        1,
        0.25f);
    assertFrequencies(longHeads().floats("rope_freqs.weight", new float[] {1, 8}, 2), 1, 0.25f / 8);
  }

  @Test
  void yarnScalesAndTurnsSlowPairsSlower() {
    // Within 64 positions neither pair turns 32 times, and pair 1 turns 64 x 0.25 / (2 pi) = 2.5
    // times: the ramp goes from
    // pair 0, clamped, to pair 2 = ceil(4 ln(64 / (2 pi)) / (2 ln 16)), so that pair 1 is half way.
    GgufBytes yarn =
        longHeads()
            .text("llama.rope.scaling.type", "yarn")
            .key("llama.rope.scaling.factor", 6, float32(2))
            .uint32("llama.rope.scaling.original_context_length", 64);
    assertFrequencies(yarn, 1, 0.25f * 0.75f);
    map(yarn, spec -> assertEquals(1 + 0.1 * Math.log(2), attention(spec).rotary().scale(), 1e-6));
  }

  @Test
  void otherRotaryScalingIsRefusedByName() {
    assertUnsupported(
        longHeads().text("llama.rope.scaling.type", "longrope"),
        "llama.rope.scaling.type",
        "longrope");
    assertUnsupported(
        longHeads()
            .text("llama.rope.scaling.type", "yarn")
            .key("llama.rope.scaling.factor", 6, float32(2))
            .key("llama.rope.scaling.attn_factor", 6, float32(0.5f)),
        "llama.rope.scaling.attn_factor");
    assertBad(longHeads().uint32("llama.rope.dimension_count", 6), "llama.rope.dimension_count");
  }
}
