// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.model.Attention;
import org.moe4j.model.ModelSpec;

/** Which layers of SmolLM3 rotate. */
class SmolLm3FamilyTest {

  @TempDir Path scratch;

  private static List<Boolean> rotated(ModelSpec spec) {
    return spec.layers().stream()
        .map(layer -> ((Attention) layer.mixer()).rotary() != null)
        .toList();
  }

  private Variant plain() {
    return Variant.of("smollm3-plain", scratch);
  }

  @Test
  void everyFourthLayerIsNotRotatedUnlessTheConfigSaysWhich() {
    plain()
        .without("no_rope_layers")
        .map(spec -> assertEquals(List.of(true, true, true, false), rotated(spec)));
    plain()
        .without("no_rope_layers")
        .with("no_rope_layer_interval", 2)
        .map(spec -> assertEquals(List.of(true, false, true, false), rotated(spec)));
    plain()
        .with("no_rope_layers", List.of(0, 0, 1, 1))
        .map(spec -> assertEquals(List.of(false, false, true, true), rotated(spec)));
  }

  @Test
  void aListThatIsTooShortIsRefused() {
    assertTrue(
        plain().with("no_rope_layers", List.of(1)).bad().getMessage().contains("no_rope_layers"));
  }
}
