// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.moe4j.CacheType;
import org.moe4j.Message;
import org.moe4j.MixtureModel;
import org.moe4j.demo.DemoModel;
import org.moe4j.device.DeviceProvider;

/** The demo model, a trained mixture in Q8_0, answers as llama.cpp does. */
class DemoAnswersTest {

  private static final List<Recorded> RECORDED = Recorded.all("demo.json");

  private static Stream<DynamicTest> onEveryDevice(Consumer<DeviceProvider> test) {
    return Fixtures.devices().stream()
        .map(device -> DynamicTest.dynamicTest(device.name(), () -> test.accept(device)));
  }

  private static MixtureModel open(DeviceProvider device) {
    return MixtureModel.builder(DemoModel.path())
        .device(device.name())
        .threads(2)
        .cacheType(CacheType.F32)
        .open();
  }

  @TestFactory
  Stream<DynamicTest> choosesTheSameTokensInOnePiece() {
    return onEveryDevice(device -> {
      assertEquals(7, RECORDED.size());
      try (MixtureModel model = open(device)) {
        RECORDED.forEach(recorded -> recorded.requireSameChoices(model));
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> choosesTheSameTokensStepByStep() {
    return onEveryDevice(device -> {
      try (RunningModel model = new RunningModel(DemoModel.path(), device, 2, CacheType.F32)) {
        RECORDED.forEach(recorded -> recorded.requireSameChoices(model));
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> rendersReadsAndAnswersTheSame() {
    return onEveryDevice(device -> {
      try (MixtureModel model = open(device)) {
        for (Recorded recorded : RECORDED) {
          recorded.requireSameText(model);
          recorded.requireSameBeginning(model);
          if (recorded.text("kind").equals("chat")) {
            List<Message> chat = List.of(Message.user(recorded.text("prompt")));
            assertEquals(recorded.text("text"), model.render(chat, List.of(), Map.of()));
          }
        }
      }
    });
  }
}
