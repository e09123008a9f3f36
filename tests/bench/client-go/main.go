// Command client-go-bench does the tasks of probe with client-go, and prints the same line:
//
//	client-go-bench MODE URL COUNT
//
// Modes:
//
//	get, get64    COUNT GETs of one pod, one after the other or 64 at once
//	list          a list of COUNT pods
//	watch         COUNT events of one watch
//	store         an informer's cache of COUNT pods, until it is synced
//	idle          COUNT idle watches at once
//
// Typed clients, in JSON. With the suffix -pb they accept protobuf, and JSON, as Kubernetes' own controllers do.
//
// A store adds rss_per_object_bytes, as probe does, and heap_per_object_bytes: what is left of it after a collection. The
// processor time includes that of the collector, which runs on further threads. GOMAXPROCS and GOGC are the caller's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: client-go-bench MODE URL COUNT")
		os.Exit(2)
	}
	line, err := run(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, "client-go-bench:", err)
		os.Exit(1)
	}
	fmt.Println(line)
}

func run(mode, url, count string) (string, error) {
	wanted, err := strconv.Atoi(count)
	if err != nil {
		return "", err
	}
	config := &rest.Config{Host: url, QPS: -1}
	config.Insecure = strings.HasPrefix(url, "https:")
	what, inProtobuf := strings.CutSuffix(mode, "-pb")
	if inProtobuf {
		config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
		config.ContentType = "application/vnd.kubernetes.protobuf"
	}
	began := time.Now()
	done, more, err := task(what, config, wanted)
	if err != nil {
		return "", err
	}
	wall := time.Since(began).Seconds()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return "", err
	}
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
	return fmt.Sprintf("%s: count=%d wall=%.3f cpu=%.4f per_s=%.0f rss_kib=%d%s",
		mode, done, wall, cpu, float64(done)/wall, used.Maxrss, more), nil
}

func task(what string, config *rest.Config, count int) (done int, more string, err error) {
	ctx := context.Background()
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return 0, "", err
	}
	switch what {
	case "get":
		return count, "", gets(ctx, typed, count, 1)
	case "get64":
		return count, "", gets(ctx, typed, count, 64)
	case "list":
		list, err := typed.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return 0, "", err
		}
		return len(list.Items), "", nil
	case "watch":
		events, err := typed.CoreV1().Pods("").Watch(ctx, metav1.ListOptions{})
		return received(events, err)
	case "store":
		return store(informers.NewSharedInformerFactory(typed, 0).Core().V1().Pods().Informer())
	case "idle":
		threads, err := idle(ctx, typed, count)
		return count, fmt.Sprintf(" threads=%d", threads), err
	}
	return 0, "", fmt.Errorf("unknown mode %q", what)
}

func gets(ctx context.Context, client *kubernetes.Clientset, count, concurrent int) error {
	var workers sync.WaitGroup
	failed := make(chan error, concurrent)
	for worker := range concurrent {
		workers.Go(func() {
			for n := worker; n < count; n += concurrent {
				if _, err := client.CoreV1().Pods("default").Get(ctx, "x", metav1.GetOptions{}); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	workers.Wait()
	close(failed)
	return <-failed
}

func received(events watch.Interface, err error) (int, string, error) {
	if err != nil {
		return 0, "", err
	}
	count := 0
	for event := range events.ResultChan() {
		if event.Type == watch.Modified {
			count++
		}
	}
	return count, "", nil
}

func store(informer cache.SharedIndexInformer) (int, string, error) {
	before, err := status("VmRSS:")
	if err != nil {
		return 0, "", err
	}
	heap := used()
	stop := make(chan struct{})
	defer close(stop)
	go informer.Run(stop)
	for !informer.HasSynced() {
		// WaitForCacheSync asks every tenth of a second, which is too coarse here.
		time.Sleep(time.Millisecond)
	}
	after, err := status("VmRSS:")
	if err != nil {
		return 0, "", err
	}
	count := max(len(informer.GetStore().ListKeys()), 1)
	more := fmt.Sprintf(" rss_per_object_bytes=%d heap_per_object_bytes=%d",
		max(after-before, 0)*1024/count, (used()-heap)/count)
	return count, more, nil
}

// idle returns the number of threads while count watches are open, each after its first event.
func idle(ctx context.Context, client *kubernetes.Clientset, count int) (int, error) {
	for range count {
		events, err := client.CoreV1().Pods("idle").Watch(ctx, metav1.ListOptions{AllowWatchBookmarks: true})
		if err != nil {
			return 0, err
		}
		if event := <-events.ResultChan(); event.Type != watch.Bookmark {
			return 0, errors.New("a watch did not begin with a bookmark")
		}
	}
	return status("Threads:")
}

// used is the heap after a collection, in bytes.
func used() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

func status(name string) (int, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name); found {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
		}
	}
	return 0, fmt.Errorf("no %s in /proc/self/status", name)
}
