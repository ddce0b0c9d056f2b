// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.moe4j.family.Refusals.assertNames;

import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.model.Attention;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Rotary;

/** Settings of Phi-3.5-MoE, above all its two sets of rotary factors. */
class PhimoeFamilyTest {

  @TempDir Path scratch;

  private Variant fixture(String name) {
    return Variant.of(name, scratch);
  }

  private static Rotary rotary(ModelSpec spec) {
    Rotary rotary = ((Attention) spec.layers().getFirst().mixer()).rotary();
    if (rotary == null) {
      throw new AssertionError("no rotation");
    }
    return rotary;
  }

  /** Factors of 2 and 4 for all six pairs. */
  private static Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("rope_type", "longrope");
    settings.put("rope_theta", 10000.0);
    settings.put("short_factor", Collections.nCopies(6, 2.0));
    settings.put("long_factor", Collections.nCopies(6, 4.0));
    settings.put("short_mscale", 1.25);
    settings.put("long_mscale", 1.5);
    settings.put("original_max_position_embeddings", 35);
    return settings;
  }

  @Test
  void theFactorsOfASequenceFollowFromItsAnnouncedLength() {
    fixture("phimoe-long")
        .with("rope_parameters", settings())
        .map(spec -> {
          Rotary within = rotary(spec);
          assertSame(within, within.forSequence(0));
          assertSame(within, within.forSequence(35));
          assertEquals(0.5f, within.frequency(0));
          assertEquals(1.25f, within.scale());
          Rotary beyond = within.forSequence(36);
          assertEquals(0.25f, beyond.frequency(0));
          assertEquals(1.5f, beyond.scale());
          assertNotEquals(within, beyond);
        });
  }

  @Test
  void factorsAreCheckedByNumberAndSign() {
    Map<String, Object> settings = settings();
    settings.put("long_factor", Collections.nCopies(5, 4.0));
    assertNames(
        fixture("phimoe-long").with("rope_parameters", settings).bad(), "long_factor", "6 numbers");
    settings.put("long_factor", Collections.nCopies(6, 0.0));
    assertNames(
        fixture("phimoe-long").with("rope_parameters", settings).bad(), "long_factor", "6 numbers");
  }

  @Test
  void otherScalingIsRefusedByName() {
    assertNames(
        fixture("phimoe-plain")
            .with("rope_parameters", Map.of("rope_type", "linear", "rope_theta", 1e6, "factor", 2))
            .unsupported(),
        "rope_type",
        "linear");
    Map<String, Object> settings = settings();
    settings.put("attention_factor", 1.0);
    assertNames(
        fixture("phimoe-long").with("rope_parameters", settings).unsupported(),
        "rope_parameters.attention_factor");
  }

  @Test
  void onlyTwoExpertsCanBeChosen() {
    assertNames(
        fixture("phimoe-plain").with("num_experts_per_tok", 3).unsupported(),
        "num_experts_per_tok",
        "3");
  }

  @Test
  void anOutputBiasMustBeAsTheSettingsSay() {
    assertNames(fixture("phimoe-plain").with("lm_head_bias", true).bad(), "lm_head_bias");
    assertNames(fixture("phimoe-long").with("lm_head_bias", false).bad(), "lm_head_bias");
  }
}
