// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.demo.DemoModel;

/** What is timed is what was asked for. */
class MeasurementTest {

  private static MixtureModel open(int context) {
    return MixtureModel.builder(DemoModel.path())
        .contextLength(context)
        .queueLimit(4)
        .threads(2)
        .open();
  }

  @Test
  void theContextIsExactlyWhatAMeasurementTakes() {
    try (MixtureModel model = open(Measurement.context(40, 9, 30))) {
      Measurement measurement = new Measurement(model, new Random(1));
      Measurement.Reading reading = measurement.read(40, 30);
      // How much less depends on how warm the code was.
      assertTrue(reading.seconds() < reading.firstToken());
      assertTrue(measurement.generate(9, 3, 30) > 0);
      assertThrows(MixtureException.BadRequest.class, () -> measurement.generate(90, 1, 30));
    }
  }

  @Test
  void aShortPromptIsReadBeforeGenerating() {
    assertEquals(16 + 64 + 2, Measurement.context(0, 64, 0));
    assertEquals(512 + 2, Measurement.context(512, 64, 0));
  }
}
