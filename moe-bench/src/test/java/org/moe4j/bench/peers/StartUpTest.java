// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Full speed is what the engine comes to, and it is reached once. */
class StartUpTest {

  private static double fullSpeed(double... rates) {
    List<StartUp.Step> steps = new ArrayList<>();
    for (int i = 0; i < rates.length; i++) {
      steps.add(new StartUp.Step(i + 1, rates[i]));
    }
    return StartUp.fullSpeed(steps);
  }

  @Test
  void fullSpeedIsNineTenthsOfTheMedianOfTheLastHalf() {
    assertEquals(3, fullSpeed(10, 89, 90, 70, 100, 100));
    assertEquals(1, fullSpeed(100, 100));
  }
}
