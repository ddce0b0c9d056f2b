// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.moe4j.family.Refusals.assertNames;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.model.Activation;
import org.moe4j.model.Attention;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;

/** What settings of gpt-oss mean where a config leaves them out, and which are refused. */
class GptOssFamilyTest {

  @TempDir Path scratch;

  private Variant fixture(String name) {
    return Variant.of(name, scratch);
  }

  private static List<Integer> windows(ModelSpec spec) {
    List<Integer> windows = new ArrayList<>();
    spec.layers()
        .forEach(layer ->
            windows.add(
                ((Attention) layer.mixer()).reach() instanceof Reach.Window(int width)
                    ? width
                    : 0));
    return windows;
  }

  private static Activation activation(ModelSpec spec) {
    return ((Mixture) spec.layers().getFirst().feedForward()).experts().getFirst().activation();
  }

  @Test
  void everySecondLayerSlidesUnlessTheConfigSaysWhich() {
    String name = "gptoss-yarn-truncated-clamp";
    fixture(name).map(spec -> assertEquals(List.of(0, 4), windows(spec)));
    fixture(name).without("layer_types").map(spec -> assertEquals(List.of(4, 0), windows(spec)));
    fixture(name)
        .without("sliding_window")
        .map(spec -> assertEquals(List.of(0, 128), windows(spec)));
  }

  @Test
  void layerTypesThatItDoesNotHaveAreRefused() {
    assertNames(
        fixture("gptoss-plain")
            .with("layer_types", List.of("sliding_attention", "linear_attention"))
            .unsupported(),
        "layer_types",
        "linear_attention");
    assertNames(fixture("gptoss-plain").with("sliding_window", null).bad(), "sliding_attention");
  }

  @Test
  void theActivationsNumbersAreThePublishedOnesUnlessTheConfigTells() {
    String name = "gptoss-yarn-truncated-clamp";
    fixture(name)
        .map(spec -> assertEquals(new Activation.ClampedSwiGlu(1.3f, 1.5f), activation(spec)));
    fixture(name)
        .without("swiglu_alpha")
        .without("swiglu_limit")
        .map(spec -> assertEquals(new Activation.ClampedSwiGlu(1.702f, 7), activation(spec)));
  }

  @Test
  void aConfigThatDoesNotTellHowToRotateIsRefused() {
    assertNames(
        fixture("gptoss-plain").without("rope_parameters").bad(), "rope_parameters", "rotated");
  }

  @Test
  void biasesAreExpectedUnlessTheConfigSaysThatThereAreNone() {
    fixture("gptoss-plain")
        .without("attention_bias")
        .map(spec -> assertEquals(2, spec.layers().size()));
    assertNames(
        fixture("gptoss-plain").with("attention_bias", false).unsupported(), "self_attn", "bias");
    assertNames(fixture("gptoss-nobias-tied").with("attention_bias", true).bad(), "q_proj.bias");
  }
}
