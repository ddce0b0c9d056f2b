// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RotaryFrequenciesTest {

  @Test
  void plainFrequenciesFallByPowersOfTheBase() {
    // 16^(-2i/8) = 2^-i
    assertArrayEquals(new float[] {1, 0.5f, 0.25f, 0.125f}, RotaryFrequencies.plain(16, 8), 1e-7f);
  }

  @Test
  void linearDividesAll() {
    assertArrayEquals(
        new float[] {0.25f, 0.5f}, RotaryFrequencies.linear(new float[] {1, 2}, 4), 0);
  }

  @Test
  void dividedUsesAFactorForEachPair() {
    assertArrayEquals(
        new float[] {1, 0.25f},
        RotaryFrequencies.divided(new float[] {1, 2}, new float[] {1, 8}),
        0);
  }

  @Test
  void llama3KeepsShortWavesDividesLongOnesAndBlendsBetween() {
    // Original context 100, so waves up to 100/4 = 25 are kept and from 100/1 on divided by 8.
    float[] waves = {20, 25, 40, 100, 200};
    float[] plain = new float[waves.length];
    for (int i = 0; i < waves.length; i++) {
      plain[i] = (float) (2 * Math.PI / waves[i]);
    }
    float[] scaled = RotaryFrequencies.llama3(plain, 8, 1, 4, 100);
    assertEquals(plain[0], scaled[0]);
    assertEquals(plain[1], scaled[1], 1e-6);
    // 100/40 = 2.5 is half way between 1 and 4.
    assertEquals(plain[2] * (0.5 + 0.5 / 8), scaled[2], 1e-6);
    assertEquals(plain[3] / 8, scaled[3], 1e-6);
    assertEquals(plain[4] / 8, scaled[4], 1e-6);
  }

  @Test
  void yarnKeepsFastPairsDividesSlowOnesAndRampsBetween() {
    // With the base e^2 and 8 dimensions, the pair that turns t times within 2 pi e^3 positions is
    // 2 (3 - ln t).
    double context = 2 * Math.PI * Math.exp(3);
    Yarn yarn = new Yarn(4, context, Math.exp(2.5), Math.exp(1.5), false, 1);
    float[] scaled = yarn.frequencies(new float[] {1, 1, 1, 1}, Math.exp(2));
    // The ramp goes from pair 1 to pair 3.
    assertArrayEquals(new float[] {1, 1, 0.5f + 0.5f / 4, 0.25f}, scaled, 1e-6f);
  }

  @Test
  void yarnRampMayBeginAndEndAtWholePairs() {
    double context = 2 * Math.PI * Math.exp(3);
    Yarn yarn = new Yarn(2, context, Math.exp(2.2), Math.exp(1.8), true, 1);
    // 1.6 and 2.4 become 1 and 3.
    assertArrayEquals(
        new float[] {1, 1, 0.75f, 0.5f},
        yarn.frequencies(new float[] {1, 1, 1, 1}, Math.exp(2)),
        1e-6f);
  }

  @Test
  void mscaleGrowsWithTheLogarithmOfTheFactor() {
    assertEquals(1, Yarn.mscale(1, 1));
    assertEquals(1, Yarn.mscale(0.5, 1));
    assertEquals(1.2, Yarn.mscale(Math.exp(2), 1), 1e-12);
    assertEquals(1.4, Yarn.mscale(Math.exp(2), 2), 1e-12);
  }
}
