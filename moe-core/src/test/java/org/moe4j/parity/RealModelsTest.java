// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.moe4j.Answer;
import org.moe4j.CacheType;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import org.moe4j.device.DeviceProvider;

/** The real models beside a checkout answer as llama.cpp does. */
@Tag("shared")
class RealModelsTest {

  private static final Path MODELS =
      Path.of(System.getProperty("moe4j.shared", "../../shared"), "models");

  private static Path file(String name) {
    Path file = MODELS.resolve(name);
    assumeTrue(Files.exists(file), () -> file + " is not there");
    return file;
  }

  private static MixtureModel open(Path file, DeviceProvider device) {
    return MixtureModel.builder(file)
        .device(device.name())
        .threads(2)
        .cacheType(CacheType.F32)
        .open();
  }

  @TestFactory
  Stream<DynamicTest> tellsTheStoryDenseAndAsAMixture() {
    return Fixtures.devices().stream()
        .flatMap(device ->
            Recorded.all("stories260k.json").stream()
                .map(story ->
                    DynamicTest.dynamicTest(
                        device.name() + " " + story.text("file"), () -> tell(story, device))));
  }

  private static void tell(Recorded story, DeviceProvider device) {
    int length = story.greedy().length;
    assertTrue(length >= 200);
    try (MixtureModel model = open(file("stories260k/" + story.text("file")), device)) {
      Request request =
          Request.prompt(story.text("prompt")).temperature(0).maxTokens(length).build();
      Answer answer = model.generate(request);
      assertEquals(story.text("answer"), answer.text());
      assertArrayEquals(story.greedy(), answer.ids());
    }
  }

  @TestFactory
  Stream<DynamicTest> smollm2ChoosesTheSameTokens() {
    return Fixtures.devices().stream()
        .map(device -> DynamicTest.dynamicTest(device.name(), () -> follow(device)));
  }

  private static void follow(DeviceProvider device) {
    Path file = file("smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf");
    List<Recorded> recorded = Recorded.all("smollm2-135m.json");
    assertEquals(8, recorded.size());
    // All of them take the plain loops minutes.
    boolean slow = device.name().equals("scalar");
    try (MixtureModel model = open(file, device)) {
      recorded.forEach(each -> each.requireSameText(model));
      recorded.subList(0, slow ? 2 : 8).forEach(each -> each.requireSameChoices(model));
    }
    try (RunningModel model = new RunningModel(file, device, 2, CacheType.F32)) {
      recorded.subList(0, slow ? 1 : 8).forEach(each -> each.requireSameChoices(model));
    }
  }
}
