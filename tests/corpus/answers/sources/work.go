package main

import "fmt"

const size = 64

func work(n int) int {
␉total := 0
␉for i := 0; i < n; i++ {
␉␉total += i * size
␉}
␉return total
}

func main() {
␉fmt.Println(work(10))
}
