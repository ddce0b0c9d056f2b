// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.moe4j.family.Refusals.assertNames;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.model.Mixture;

/** Settings of DBRX, which are in sections and have other names, and lists of Hunyuan. */
class NestedSettingsTest {

  @TempDir Path scratch;

  private Variant fixture(String name) {
    return Variant.of(name, scratch);
  }

  private static Map<String, Object> experts(String key, Object value) {
    return Map.of("ffn_hidden_size", 20, "moe_num_experts", 6, "moe_top_k", 3, key, value);
  }

  @Test
  void weightsMayOnlyBeDividedByTheirSum() {
    assertNames(
        fixture("dbrx-plain")
            .with("ffn_config", experts("moe_normalize_expert_weights", 2.0))
            .unsupported(),
        "ffn_config.moe_normalize_expert_weights",
        "2.0");
  }

  @Test
  void anotherActivationIsRefused() {
    assertNames(
        fixture("dbrx-plain")
            .with("ffn_config", experts("ffn_act_fn", Map.of("name", "gelu")))
            .unsupported(),
        "ffn_config.ffn_act_fn",
        "gelu");
  }

  @Test
  void twoBasesThatContradictEachOtherAreRefused() {
    assertNames(
        fixture("dbrx-theta")
            .with("rope_parameters", Map.of("rope_type", "default", "rope_theta", 10000.0))
            .bad(),
        "attn_config.rope_theta",
        "500",
        "10000");
  }

  @Test
  void failuresNameTheFamilysOwnKeys() {
    assertNames(fixture("dbrx-plain").without("d_model").bad(), "d_model");
    assertNames(fixture("dbrx-plain").with("n_heads", 5).bad(), "n_heads", "48");
    assertNames(
        fixture("dbrx-plain").with("attn_config", Map.of("kv_n_heads", 3)).bad(),
        "attn_config.kv_n_heads");
  }

  @Test
  void expertsPerTokenMayBeListedByLayer() {
    fixture("hunyuanmoe-plain")
        .with("moe_topk", List.of(3, 3))
        .map(spec ->
            assertEquals(3, ((Mixture) spec.layers().get(1).feedForward()).rule().mostExperts()));
    assertNames(
        fixture("hunyuanmoe-plain").with("moe_topk", List.of(3, 2)).unsupported(), "moe_topk");
    assertNames(fixture("hunyuanmoe-plain").with("moe_topk", List.of()).bad(), "moe_topk");
  }

  @Test
  void dynamicScalingWithoutAlphaIsRefused() {
    assertNames(
        fixture("hunyuan-plain")
            .with(
                "rope_parameters",
                Map.of("rope_type", "dynamic", "rope_theta", 10000.0, "factor", 2.0))
            .unsupported(),
        "rope_type",
        "dynamic");
  }
}
