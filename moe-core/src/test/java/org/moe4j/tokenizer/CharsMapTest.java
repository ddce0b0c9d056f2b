// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;

class CharsMapTest {

  /** SentencePiece's own map, nmt_nfkc. */
  private static byte[] nfkc() {
    return Base64.getDecoder()
        .decode(
            Config.of("tokenizer.json", Fixtures.tokenizerJson("unigram-t5"))
                .section("normalizer")
                .text("precompiled_charsmap"));
  }

  private static CharsMap read(byte[] bytes) {
    return CharsMap.read("file", "key", bytes);
  }

  @Test
  void aShortClusterIsReplacedAsAWholeByItsShortestMatch() {
    CharsMap map = read(nfkc());
    assertEquals("fi", map.replaceClusters("\ufb01"));
    assertEquals("fi", map.replaceClusters("\ufb01\u0301"), "five bytes, the mark is lost");
    assertEquals("fi\u0301\u0301", map.replaceClusters("\ufb01\u0301\u0301"), "seven bytes");
    assertEquals("\u00e9", map.replaceClusters("e\u0301"));
    assertEquals(" ", map.replaceClusters("\r\n"), "one cluster");
  }

  @Test
  void theLongestMatchIsReplacedWhereSentencePieceDoes() {
    CharsMap map = read(nfkc());
    assertEquals("fi\u0301", map.replaceLongest("\ufb01\u0301"));
    assertEquals("\u00e9x", map.replaceLongest("e\u0301x"));
    assertEquals("  ", map.replaceLongest("\r\n"));
    assertEquals("a\ud83e\udd99b", map.replaceLongest("a\ud83e\udd99b"));
  }

  @Test
  void partsThatDoNotFitTogetherAreRefused() {
    byte[] good = nfkc();
    for (byte[] bad :
        new byte[][] {
          {},
          {1, 2, 3},
          new byte[4],
          Arrays.copyOf(good, 1000),
          Arrays.copyOf(good, good.length - 1)
        }) {
      assertThrows(MixtureException.BadFile.class, () -> read(bad));
    }
    good[3] = -1;
    assertThrows(MixtureException.BadFile.class, () -> read(good));
  }

  @Test
  void aMapThatBlowsUpTheTextIsRefusedBeforeTheTextIsBuilt() {
    // The root's child for 'a' is a match whose text is a million letters long.
    int label = 'a';
    int[] units = new int[1024];
    units[0] = 256 << 10;
    units[256 ^ label] = label | 0x100 | 512 << 10;
    units[256 ^ label ^ 512] = 1 << 31;
    byte[] texts = new byte[1_000_001];
    Arrays.fill(texts, 0, 1_000_000, (byte) 'b');
    ByteBuffer map =
        ByteBuffer.allocate(4 + 4 * units.length + texts.length).order(ByteOrder.LITTLE_ENDIAN);
    map.putInt(4 * units.length);
    for (int unit : units) {
      map.putInt(unit);
    }
    map.put(texts);
    CharsMap blowing = read(map.array());
    assertThrows(MixtureException.Unsupported.class, () -> blowing.replaceClusters("a"));
    assertThrows(MixtureException.Unsupported.class, () -> blowing.replaceLongest("a".repeat(500)));
    assertEquals("x", blowing.replaceLongest("x"));
  }

  @Test
  void damagedTriesEndInTextOrInARefusal() {
    Random random = new Random(5);
    byte[] map = nfkc();
    String text = String.join("", Fixtures.lines().subList(0, 300));
    for (int round = 0; round < 200; round++) {
      byte[] damaged = map.clone();
      for (int i = 0; i < 2000; i++) {
        damaged[4 + random.nextInt(map.length - 5)] = (byte) random.nextInt(256);
      }
      CharsMap read = read(damaged);
      try {
        read.replaceClusters(text);
        read.replaceLongest(text);
      } catch (MixtureException.Unsupported blowsUp) {
        assertEquals("file: key", blowsUp.getMessage().substring(0, 9));
      }
    }
  }

  @Test
  void clustersOfAMillionCharactersTakeSeconds() {
    CharsMap map = read(nfkc());
    for (String unit :
        new String[] {"\u0301", "\u200d", "\ud83c\udde9", "\u0915\u094d", "\ud83d\udc69\u200d"}) {
      String text = "e" + unit.repeat(1_000_000 / unit.length());
      assertTimeoutPreemptively(Duration.ofSeconds(60), () -> map.replaceClusters(text));
      assertTimeoutPreemptively(Duration.ofSeconds(60), () -> map.replaceLongest(text));
    }
  }
}
