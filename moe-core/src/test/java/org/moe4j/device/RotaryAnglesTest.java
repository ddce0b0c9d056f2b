// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.moe4j.model.Rotary;

class RotaryAnglesTest {

  @Test
  void anglesArePositionTimesFrequency() {
    Rotary rotary = new Rotary(new float[] {(float) Math.PI / 2, (float) Math.PI / 3}, false, 2);
    float[] cosines = new float[3];
    float[] sines = new float[3];
    RotaryAngles.compute(rotary, 1, cosines, sines, 1);
    assertArrayEquals(new float[] {0, 0, 1}, cosines, 1e-6f);
    assertArrayEquals(new float[] {0, 2, (float) Math.sqrt(3)}, sines, 1e-6f);
  }

  /** Of every size, those that are nearly a quarter of a circle included. */
  @Test
  void cosineAndSineAreThoseOfTheAngle() {
    Random random = new Random(4);
    float[] cosine = new float[1];
    float[] sine = new float[1];
    for (int i = 0; i < 200_000; i++) {
      float angle =
          i % 2 == 0
              ? (float) (random.nextInt(1 << 18) * (Math.PI / 4))
              : random.nextFloat() * (1 << random.nextInt(30));
      RotaryAngles.compute(new Rotary(new float[] {angle}, false, 1), 1, cosine, sine, 0);
      float expectedCosine = (float) StrictMath.cos(angle);
      float expectedSine = (float) StrictMath.sin(angle);
      assertEquals(expectedCosine, cosine[0], Math.ulp(expectedCosine), () -> "cos " + angle);
      assertEquals(expectedSine, sine[0], Math.ulp(expectedSine), () -> "sin " + angle);
    }
  }

  @Test
  void theProductIsRoundedToSinglePrecision() {
    // 16777217 = 2^24 + 1 is no float: the position becomes 2^24.
    float[] cosine = new float[1];
    RotaryAngles.compute(new Rotary(new float[] {1}, false, 1), 16777217, cosine, new float[1], 0);
    assertEquals((float) StrictMath.cos(16777216), cosine[0]);
  }
}
