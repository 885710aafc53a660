package keywords;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeywordsTest {
    private final Keywords keywords = Keywords.load();

    @Test
    void everyKeywordIsFound() {
        assertEquals(53, new HashSet<>(Generator.WORDS).size());
        for (String word : Generator.WORDS) {
            assertTrue(keywords.contains(word), word);
        }
        for (String word : List.of("abstract", "int", "synchronized", "while", "null")) {
            assertTrue(keywords.contains(word), word);
        }
    }

    @Test
    void otherWordsAreNot() {
        for (String word : List.of("", "Int", "integer", "main", "String", "whiles", "record")) {
            assertFalse(keywords.contains(word), word);
        }
    }

    @Test
    void theTableStaysSmall() {
        assertTrue(keywords.slots() <= 256, keywords.slots() + " slots");
    }

    @Test
    void aSeedGivesEveryWordItsOwnSlot() {
        List<String> words = List.of("one", "two", "three", "four", "five", "six");
        int seed = Generator.findSeed(words, 8);
        assertEquals(6, words.stream().map(word -> Hash.slot(word, seed, 8)).distinct().count());
        assertNotEquals(Hash.slot("one", seed, 8), Hash.slot("two", seed, 8));
    }
}
