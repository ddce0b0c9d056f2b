// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.moe4j.family.Refusals.assertNames;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.MixtureException;
import org.moe4j.ScoredTopK;
import org.moe4j.format.GgufBytes;
import org.moe4j.format.ModelFile;
import org.moe4j.format.TensorType;
import org.moe4j.model.Attention;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Rotary;

/**
 * Settings of GLM-4.5, dots.llm1, MiniMax-M2, Ernie 4.5 and Ling that parity does not show, and
 * those that are refused.
 */
class CorrectedFamiliesTest {

  private static final Map<String, String> TWINS =
      Map.of(
          "glm4moe",
          "glm4moe-predicts",
          "dots1",
          "dots1-plain",
          "bailingmoe2",
          "bailingmoe2-plain");

  @TempDir Path scratch;

  private Variant fixture(String name) {
    return Variant.of(name, scratch);
  }

  private static ScoredTopK rule(ModelSpec spec) {
    return (ScoredTopK) ((Mixture) spec.layers().getLast().feedForward()).rule();
  }

  private static int rotatedPairs(ModelSpec spec) {
    Attention attention = (Attention) spec.layers().getFirst().mixer();
    Rotary rotary = attention.rotary();
    return rotary == null ? 0 : rotary.pairs();
  }

  // --------------------------------------------------------------------- groups

  @Test
  void groupsThatCannotHoldTheChosenExpertsAreRefused() {
    // Groups of one expert have no best two; one group of three cannot hold four.
    assertNames(fixture("glm4moe-groups-raw").with("n_group", 9).bad(), "n_group", "9 experts");
    assertNames(fixture("glm4moe-groups-raw").with("n_group", 2).bad(), "n_group");
    assertNames(
        fixture("glm4moe-groups-raw").with("topk_group", 4).bad(), "topk_group", "3, found 4");
    assertNames(fixture("glm4moe-groups-raw").with("num_experts_per_tok", 4).bad(), "n_group");
  }

  @Test
  void howManyGroupsAreKeptWhereTheConfigDoesNotTellIsTheFamilysOwn() {
    for (String one : List.of("glm4moe-groups-raw", "dots1-sliding-groups", "bailingmoe2-groups")) {
      fixture(one)
          .without("topk_group")
          .with("num_experts_per_tok", 2)
          .map(spec -> assertEquals(1, groups(spec).kept()));
    }
    for (String all : List.of("deepseekv3-groups", "glm47flash-mixed-groups")) {
      fixture(all)
          .without("topk_group")
          .map(spec -> assertEquals(groups(spec).count(), groups(spec).kept()));
    }
    fixture("deepseekv2-groups")
        .without("topk_group")
        .map(spec -> assertEquals(groups(spec).count(), groups(spec).kept()));
  }

  private static ScoredTopK.Groups groups(ModelSpec spec) {
    ScoredTopK.Groups groups = rule(spec).groups();
    assertNotNull(groups);
    return groups;
  }

  @Test
  void whetherWeightsAddUpWhereTheConfigDoesNotTellIsTheFamilysOwn() {
    for (String yes : List.of("glm4moe-plain", "deepseekv3-groups", "glm47flash-plain")) {
      fixture(yes)
          .without("norm_topk_prob")
          .map(spec -> assertNotNull(rule(spec).normalisation(), yes));
    }
    for (String no : List.of("dots1-plain", "deepseekv2-groups")) {
      fixture(no).without("norm_topk_prob").map(spec -> assertNull(rule(spec).normalisation(), no));
    }
    // The reference never divides here, whatever the config says.
    fixture("deepseekv2-groups")
        .with("norm_topk_prob", true)
        .map(spec -> assertNull(rule(spec).normalisation()));
  }

  @Test
  void theFactorOfTheWeightsIsFinite() {
    for (String family : List.of("glm4moe-plain", "deepseekv3-groups", "deepseekv2-groups")) {
      assertNames(
          fixture(family).with("routed_scaling_factor", 1e200).bad(),
          "routed_scaling_factor",
          "1.0E200");
    }
    fixture("deepseekv3-groups")
        .without("routed_scaling_factor")
        .map(spec -> assertEquals(2.5, rule(spec).scale()));
    fixture("glm47flash-plain")
        .without("routed_scaling_factor")
        .map(spec -> assertEquals(1.8, rule(spec).scale()));
    fixture("glm4moe-plain")
        .without("routed_scaling_factor")
        .map(spec -> assertEquals(1, rule(spec).scale()));
  }

  // ------------------------------------------------------- layers that are left out

  @Test
  void layersAfterTheLastAreLeftOutOnlyIfTheConfigTellsOfThem() {
    fixture("glm4moe-predicts").map(spec -> assertEquals(3, spec.layers().size()));
    assertNames(
        fixture("glm4moe-predicts").without("num_nextn_predict_layers").unsupported(),
        "model.layers.3.");
    assertNames(
        fixture("glm4moe-predicts").with("num_nextn_predict_layers", -1).bad(),
        "num_nextn_predict_layers");
  }

  @Test
  void denseLayersComeFirst() {
    fixture("glm4moe-norm-bias-tied")
        .map(spec -> {
          assertInstanceOf(GatedFeedForward.class, spec.layers().get(0).feedForward());
          assertInstanceOf(GatedFeedForward.class, spec.layers().get(1).feedForward());
          assertInstanceOf(Mixture.class, spec.layers().get(2).feedForward());
        });
    assertNames(
        fixture("glm4moe-norm-bias-tied").with("first_k_dense_replace", -1).bad(),
        "first_k_dense_replace");
  }

  // --------------------------------------------------------------------- rotation

  @Test
  void theRotatedPartOfAHeadComesFromTheSectionThenTheConfigThenTheFamily() {
    Map<String, Object> plain = Map.of("rope_type", "default", "rope_theta", 10000.0);
    fixture("glm4moe-plain")
        .with("rope_parameters", plain)
        .map(spec -> assertEquals(4, rotatedPairs(spec)));
    fixture("glm4moe-plain")
        .with("rope_parameters", plain)
        .with("partial_rotary_factor", 0.25)
        .map(spec -> assertEquals(2, rotatedPairs(spec)));
    fixture("minimaxm2-plain")
        .with("rope_parameters", plain)
        .map(spec -> assertEquals(8, rotatedPairs(spec)));
    fixture("minimaxm2-plain")
        .with("rope_parameters", plain)
        .with("rotary_dim", 6)
        .map(spec -> assertEquals(3, rotatedPairs(spec)));
    fixture("minimaxm2-plain")
        .with("rotary_dim", 6)
        .map(spec -> assertEquals(4, rotatedPairs(spec)));
  }

  // -------------------------------------------------------------------- Ernie 4.5

  @Test
  void ernieDividesByItsLeastSum() {
    fixture("ernie45moe-interval-bias")
        .map(spec -> {
          ScoredTopK rule = (ScoredTopK) ((Mixture) spec.layers().get(1).feedForward()).rule();
          assertEquals(new ScoredTopK.Normalisation(0.9, 0), rule.normalisation());
        });
    assertNames(
        fixture("ernie45moe-interval-bias").with("moe_norm_min", -1.0).bad(), "moe_norm_min");
  }

  @Test
  void ernieWithoutSharedExpertsHasNone() {
    fixture("ernie45moe-unshared")
        .map(spec -> assertNull(((Mixture) spec.layers().getLast().feedForward()).shared()));
    assertNames(
        fixture("ernie45moe-unshared").with("moe_num_shared_experts", -1).bad(),
        "moe_num_shared_experts");
  }

  // ------------------------------------------------------------------------- Ling

  @Test
  void lingNormalisesSeveralExpertsButNeverOne() {
    fixture("bailingmoe-dense-top1").map(spec -> assertNull(rule(spec).normalisation()));
    fixture("bailingmoe-plain").map(spec -> assertNotNull(rule(spec).normalisation()));
    fixture("bailingmoe-plain")
        .with("norm_topk_prob", false)
        .map(spec -> assertNull(rule(spec).normalisation()));
    fixture("bailingmoe2-plain")
        .with("num_experts_per_tok", 1)
        .map(spec -> assertNull(rule(spec).normalisation()));
    assertNames(
        fixture("bailingmoe2-plain").with("norm_topk_prob", false).unsupported(), "norm_topk_prob");
  }

  @Test
  void lingsSettingsThatWouldChangeTheResultAreRefusedByName() {
    assertNames(fixture("bailingmoe-plain").with("norm_head", true).unsupported(), "norm_head");
    assertNames(
        fixture("bailingmoe-plain").with("use_sliding_window", true).unsupported(),
        "use_sliding_window");
    assertNames(
        fixture("bailingmoe-plain").with("use_rmsnorm", false).unsupported(), "use_rmsnorm");
    assertNames(
        fixture("bailingmoe2-plain").with("score_function", "softmax").unsupported(),
        "score_function",
        "sigmoid");
  }

  // ------------------------------------------------------------------------- GGUF

  /** One layer of MiniMax-M2: hidden size 4, two heads and one key-value head of 2, two experts. */
  private static GgufBytes minimax(float... bias) {
    String family = "minimax-m2";
    return new GgufBytes()
        .text("general.architecture", family)
        .uint32(family + ".block_count", 1)
        .uint32(family + ".context_length", 64)
        .uint32(family + ".embedding_length", 4)
        .uint32(family + ".attention.head_count", 2)
        .uint32(family + ".attention.head_count_kv", 1)
        .uint32(family + ".attention.key_length", 2)
        .uint32(family + ".attention.value_length", 2)
        .uint32(family + ".rope.dimension_count", 2)
        .uint32(family + ".expert_count", 2)
        .uint32(family + ".expert_used_count", 1)
        .uint32(family + ".expert_feed_forward_length", 3)
        .key(
            family + ".attention.layer_norm_rms_epsilon",
            6,
            GgufBytes.int32(Float.floatToIntBits(1e-5f)))
        .zeros("token_embd.weight", TensorType.F32, 4, 5)
        .zeros("output_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.attn_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.ffn_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.attn_q.weight", TensorType.F32, 4, 4)
        .zeros("blk.0.attn_k.weight", TensorType.F32, 4, 2)
        .zeros("blk.0.attn_v.weight", TensorType.F32, 4, 2)
        .zeros("blk.0.attn_output.weight", TensorType.F32, 4, 4)
        .zeros("blk.0.attn_q_norm.weight", TensorType.F32, 4)
        .zeros("blk.0.attn_k_norm.weight", TensorType.F32, 2)
        .zeros("blk.0.ffn_gate_inp.weight", TensorType.F32, 4, 2)
        .zeros("blk.0.ffn_gate_exps.weight", TensorType.F32, 4, 3, 2)
        .zeros("blk.0.ffn_up_exps.weight", TensorType.F32, 4, 3, 2)
        .zeros("blk.0.ffn_down_exps.weight", TensorType.F32, 3, 4, 2)
        .floats("blk.0.exp_probs_b.bias", bias, 2);
  }

  private ModelSpec open(GgufBytes bytes) throws IOException {
    Path path = Files.createTempFile(scratch, "model", ".gguf");
    Files.write(path, bytes.build());
    try (ModelFile file = ModelFile.open(path)) {
      return Families.map(file);
    }
  }

  @Test
  void aGgufFileThatDoesNotTellItsGatingMeansSigmoid() throws IOException {
    assertEquals(ScoredTopK.Score.SIGMOID, rule(open(minimax(1, -1))).score());
    assertEquals(
        ScoredTopK.Score.SIGMOID,
        rule(open(minimax(1, -1).uint32("minimax-m2.expert_gating_func", 2))).score());
    assertNames(
        assertThrows(
            MixtureException.Unsupported.class,
            () -> open(minimax(1, -1).uint32("minimax-m2.expert_gating_func", 1))),
        "expert_gating_func",
        "sigmoid");
  }

  @Test
  void theGatingOfAGgufFileMustBeTheFamilys() {
    for (String sigmoid : List.of("glm4moe", "dots1", "bailingmoe2")) {
      GgufVariant twin = GgufVariant.of(TWINS.get(sigmoid), scratch);
      twin.map(spec -> assertEquals(ScoredTopK.Score.SIGMOID, rule(spec).score()));
      twin.with(sigmoid + ".expert_gating_func", 0)
          .map(spec -> assertEquals(ScoredTopK.Score.SIGMOID, rule(spec).score()));
      assertNames(
          twin.with(sigmoid + ".expert_gating_func", 1).unsupported(),
          sigmoid + ".expert_gating_func",
          "sigmoid");
      assertNames(
          twin.with(sigmoid + ".expert_gating_func", 3).unsupported(),
          sigmoid + ".expert_gating_func",
          "3");
    }
    GgufVariant first = GgufVariant.of("bailingmoe-plain", scratch);
    first.map(spec -> assertEquals(ScoredTopK.Score.SOFTMAX, rule(spec).score()));
    assertNames(
        first.adding("bailingmoe.expert_gating_func", 2).unsupported(),
        "bailingmoe.expert_gating_func",
        "softmax");
  }

  @Test
  void aCorrectionBiasThatIsNoNumberIsNamed() {
    for (float value : List.of(Float.NaN, Float.POSITIVE_INFINITY)) {
      assertNames(
          assertThrows(MixtureException.BadFile.class, () -> open(minimax(0, value))),
          "blk.0.exp_probs_b.bias",
          "finite");
    }
  }

  @Test
  void moreFurtherLayersThanLayersAreRefused() {
    assertNames(
        assertThrows(
            MixtureException.BadFile.class,
            () -> open(minimax(1, -1).uint32("minimax-m2.nextn_predict_layers", 1))),
        "nextn_predict_layers");
  }
}
