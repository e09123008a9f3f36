//! The messages of Kubernetes' API. Generated from the Go types by `kube-proto/protobuf/generate`: do not edit.

use super::row::Kind::*;
use super::row::{Field, HOLE, LIST, MAP, Message, NULL, OMIT, ONE, Root, f, m, r};

/// All names. The rows below have the position and the length of theirs.
pub(super) static NAMES: &str = "\
    $ref $schema APIGroupDiscoveryList APIGroupList APIResourceList APIServiceList APIVersions AdmissionReview \
    CSIDriverList CSINodeList CSIStorageCapacityList CertificateSigningRequestList ClusterRoleBindingList \
    ClusterRoleList ClusterTrustBundleList ComponentStatusList ConfigMapList ControllerRevisionList ConversionReview \
    CreateOptions CronJobList CustomResourceDefinitionList DaemonSetList DeleteOptions DeploymentList \
    DeploymentRollback DeviceClassList DeviceTaintRuleList EndpointSliceList EndpointsList EventList FlowSchemaList \
    GetOptions HorizontalPodAutoscalerList IPAddressList ImageReview IngressClassList IngressList JSONPath \
    LeaseCandidateList LeaseList LimitRangeList ListOptions LocalSubjectAccessReview \
    MutatingAdmissionPolicyBindingList MutatingAdmissionPolicyList MutatingWebhookConfigurationList NamespaceList \
    NetworkPolicyList NodeMetricsList NodeProxyOptions PartialObjectMetadataList PatchOptions \
    PersistentVolumeClaimList PersistentVolumeList PodAttachOptions PodCertificateRequestList PodDisruptionBudgetList \
    PodExecOptions PodGroupList PodList PodLogOptions PodMetricsList PodPortForwardOptions PodProxyOptions \
    PodStatusResult PodTemplateList PriorityClassList PriorityLevelConfigurationList RangeAllocation ReplicaSetList \
    ReplicationControllerList ResourceClaimList ResourceClaimTemplateList ResourcePoolStatusRequestList \
    ResourceQuotaList ResourceSliceList RuntimeClassList SecretList SelfSubjectAccessReview SelfSubjectReview \
    SelfSubjectRulesReview SerializedReference ServiceAccountList ServiceCIDRList ServiceProxyOptions StatefulSetList \
    StorageClassList StorageVersionList StorageVersionMigrationList TokenRequest TokenReview UpdateOptions \
    ValidatingAdmissionPolicyBindingList ValidatingAdmissionPolicyList ValidatingWebhookConfigurationList \
    VolumeAttachmentList VolumeAttributesClassList WorkloadList acceptedNames acceptedTypes accessModes acquireTime \
    action activeDeadlineSeconds additionalItems additionalPrinterColumns additionalProperties addressType addresses \
    adminAccess admission.k8s.io/v1beta1 admissionReviewVersions admissionregistration.k8s.io/v1alpha1 \
    admissionregistration.k8s.io/v1beta1 affinity aggregationRule allNodes allOf allocatable \
    allocateLoadBalancerNodePorts allocatedDevices allocatedResourceStatuses allocatedResourcesStatus allocationMode \
    allocationMultiplier allocationTimestamp allowMultipleAllocations allowPrivilegeEscalation allowVolumeExpansion \
    allowWatchBookmarks allowedTopologies annotations anyOf apiGroups apiServerID apiVersions \
    apidiscovery.k8s.io/v2beta1 apiextensions.k8s.io/v1beta1 apiregistration.k8s.io/v1 appArmorProfile appProtocol \
    applyConfiguration apps/v1beta1 apps/v1beta2 architecture args assigned assuredConcurrencyShares attachError \
    attachRequired attached attacher attachmentMetadata attributes audiences auditAnnotations authenticated \
    authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 automountServiceAccountToken autoscaling/v1 \
    autoscaling/v2 averageUtilization averageValue awsElasticBlockStore azureDisk azureFile backend \
    backoffLimitPerIndex basic batch/v1beta1 beginRefreshAt behavior binaryData binaryVersion bindingConditions \
    bindingFailureConditions bindsToNode blockOwnerDeletion bools bootID borrowingLimitPercent boundObjectRef caBundle \
    cachingMode capabilities capacityKey categories causes cel cephfs certificateChainPath \
    certificates.k8s.io/v1alpha1 certificates.k8s.io/v1beta1 chapAuthDiscovery chapAuthSession cidrs cinder claimName \
    claimRef claims clientCIDR clientConfig clientIP clusterIPs clusterRoleSelectors clusterScope clusterTrustBundle \
    code collisionCount command commonEncodingVersion completedIndexes completionMode completionTime completions \
    component concurrencyPolicy conditionType configMapKeyRef configMapRef configSource constraints consumedCapacity \
    consumesCounters containerID containerName containerPort containerResource containerRuntimeVersion \
    containerStatuses containers continue controllerExpandSecretRef controllerPublishSecretRef controllerRef \
    conversionReviewVersions convertedObjects coordination.k8s.io/v1alpha2 coordination.k8s.io/v1beta1 counterSet \
    counters creationTimestamp credentialBundlePath currentCPUUtilizationPercentage currentHealthy currentMetrics \
    currentNumberScheduled currentReplicas currentRevision currentVolumeAttributesClassName daemonEndpoints \
    dataSourceRef datasetName datasetUUID declaredFeatures decodableVersions defaultBackend defaultMode defaultRequest \
    definitions deleteOptions deletionGracePeriodSeconds deletionTimestamp denied dependencies deprecatedCount \
    deprecatedFirstTimestamp deprecatedLastTimestamp deprecatedSource deprecatedTopology deprecationWarning \
    describedObject description desiredAPIVersion desiredHealthy desiredNumberScheduled desiredReplicas detachError \
    details deviceClassName devicePath deviceSelector devices directory discovery.k8s.io/v1beta1 diskName diskURI \
    disruptedPods disruptionMode disruptionsAllowed distinctAttribute distinguisherMethod divisor dnsConfig dnsPolicy \
    downwardAPI driverName drivers drop dryRun effect egress emptyDir emulationVersion enableServiceLinks \
    encodingVersion endPort endpointsNamespace enum envFrom ephemeralContainerStatuses ephemeralContainers errorCode \
    evaluationError eventTime events.k8s.io/v1beta1 exactly example except excludeResourceRules exclusiveMaximum \
    exclusiveMinimum exec exempt exitCodes expectedPods expirationSeconds expirationTimestamp expressionWarnings \
    extendedResourceClaimStatus extendedResourceName extensions/v1beta1 externalDocs externalID externalIPs \
    externalName externalTrafficPolicy extra failedIndexes failedJobsHistoryLimit failurePolicy failureThreshold fc \
    features fieldManager fieldPath fieldRef fieldSelector fieldValidation fieldsType fieldsV1 fileKeyRef finalizers \
    finishedAt firstAvailable firstTimestamp flexVolume flocker flowcontrol.apiserver.k8s.io/v1beta1 \
    flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 follow forNodes forZones force format \
    freshness from fsGroupChangePolicy fsGroupPolicy fsType fullyLabeledReplicas gang gateway gcePersistentDisk \
    generateName generation gid gitRepo globalDefault glusterfs gmsaCredentialSpecName gracePeriodSeconds \
    groupPriorityMinimum groupVersion groups grpc handSize handler hardwareAddress healthCheckNodePort hints \
    holderIdentity hostAliases hostIPC hostIPs hostNetwork hostPID hostPath hostPort hostProcess hostUsers \
    hostnameOverride hostnames hosts httpGet httpHeaders ignoreStoreReadErrorWithClusterBreakingPotential imageID \
    imagePullPolicy imagePullSecrets imageRef imagepolicy.k8s.io/v1alpha1 images immutable incomplete ingressClassName \
    initContainerStatuses initContainers initialDelaySeconds initiatorName inlineVolumeSpec \
    insecureSkipTLSVerifyBackend interfaceName internal.apiserver.k8s.io/v1alpha1 internalTrafficPolicy involvedObject \
    ipBlock ipFamilies ipFamilyPolicy ipMode ips iqn iscsiInterface items jobTemplate jsonPatch jsonPath kernelVersion \
    keyPath keyType keyring kind kubeProxyVersion kubeletConfigKey kubeletEndpoint kubeletVersion labelSelectorPath \
    labels lastHeartbeatTime lastKnownGood lastObservedTime lastPhaseTransitionTime lastProbeTime lastScaleTime \
    lastScheduleTime lastState lastSuccessfulTime lastTimestamp lastTransitionTime lastUpdateTime leaseDurationSeconds \
    leaseName leaseTransitions lendablePercent level lifecycle limitBytes limitResponse limited limits linux listKind \
    livenessProbe loadBalancerClass loadBalancerIP loadBalancerSourceRanges localhostProfile lun machineID managedBy \
    managedFields manager manualSelector matchAttribute matchConditions matchConstraints matchExpressions matchFields \
    matchLabelExpressions matchLabels matchPolicy matchResources matchingPrecedence maxExpirationSeconds \
    maxFailedIndexes maxItems maxLength maxLimitRequestRatio maxProperties maxReplicas maxSkew maxSurge maxUnavailable \
    maximumVolumeSize medium messageExpression meta.k8s.io/v1 metadata metrics.k8s.io/v1beta1 minAvailable minCount \
    minDomains minItems minLength minProperties minReadySeconds minReplicas minimum mismatchLabelKeys mode \
    modifyVolumeStatus monitors mountOptions mountPath mountPropagation multipleOf mutations nameservers \
    namespaceSelector namespaced namespaces networkData networking.k8s.io/v1beta1 nfs node.k8s.io/v1alpha1 \
    node.k8s.io/v1beta1 nodeAffinityPolicy nodeAllocatableResourceClaimStatuses nodeAllocatableResourceMappings \
    nodeAllocatableUpdatePeriodSeconds nodeExpandSecretRef nodeID nodeInfo nodeName nodePort nodePublishSecretRef \
    nodeSelectorTerms nodeStageSecretRef nodeTaintsPolicy nodeTopology nodeUID nominalConcurrencyShares \
    nominatedNodeName nonResourceAttributes nonResourceRules nonResourceURLs notAfter notBefore notReadyAddresses note \
    nullable numberAvailable numberMisscheduled numberReady numberUnavailable objectSelector objects \
    observedGeneration oldObject onExitCodes onPodConditions oneOf opaque openAPIV3Schema operatingSystem operations \
    operator optionalOldSelf options ordinals orphanDependents osImage overhead ownerReferences parallelism paramKind \
    paramRef parameterNotFoundAction parameters parentRef partition patchType pathType paths patternProperties paused \
    pdID pdName perDeviceNodeSelection periodSeconds persistentVolumeClaimRetentionPolicy persistentVolumeName \
    persistentVolumeReclaimPolicy phase photonPersistentDisk pingTime pkixPublicKey plural podAffinityTerm \
    podAntiAffinity podCIDRs podCertificate podFailurePolicy podFixed podGroupName podGroupTemplateName \
    podGroupTemplateRef podGroupTemplates podIPs podInfoOnMount podManagementPolicy podName podReplacementPolicy \
    podSelector podUID pods policies policy/v1beta1 policyName policyTypes poolCount poolName pools portals ports \
    portworxVolume postStart preStop preconditions preemptionPolicy preference \
    preferredDuringSchedulingIgnoredDuringExecution preferredHolder preferredVersion prefix preserveUnknownFields \
    preventPodSchedulingIfMissing previous priorityClassName priorityLevelConfiguration privileged procMount \
    progressDeadlineSeconds projected proofOfPossession propagationPolicy properties protectionDomain protocol \
    providerID provisioner publishNotReadyAddresses pullPolicy qosClass queueLengthLimit queues queuing quobyte range \
    rawSelector rbac.authorization.k8s.io/v1alpha1 rbac.authorization.k8s.io/v1beta1 rbd readOnlyRootFilesystem \
    readinessGates readinessProbe readyReplicas reason reclaimPolicy recursiveReadOnlyMounts regarding registry \
    reinvocationPolicy related remainingItemCount renewTime replicas reportingComponent reportingController \
    reportingInstance repository requestKind requestMappings requestName requestPolicy requestResource \
    requestSubResource requests requiredDuringSchedulingIgnoredDuringExecution requirements requiresRepublish \
    reservedFor resizePolicy resource.k8s.io/v1alpha3 resource.k8s.io/v1beta1 resource.k8s.io/v1beta2 \
    resourceAttributes resourceClaimName resourceClaimStatuses resourceClaimTemplateName resourceClaims \
    resourceFieldRef resourceID resourceNames resourceRules resourceSliceCount resourceVersionMatch responseKind \
    restartCount restartPolicyRules results retryAfterSeconds revisionHistoryLimit roleRef rollbackTo rollingUpdate \
    rules runAsGroup runAsNonRoot runAsUserName running runtimeClassName runtimeHandlers scaleDown scaleIO \
    scaleTargetRef scaleUp schedulerName scheduling.k8s.io/v1alpha2 scheduling.k8s.io/v1beta1 schedulingConstraints \
    schedulingGates schedulingGroup schedulingPolicy scheme scopeName scopeSelector scopes seLinuxChangePolicy \
    seLinuxMount seLinuxOptions searches seccompProfile seconds secretFile secretKeyRef secretNamespace secretRef \
    secrets securityContext selectPolicy selectableFields selectors selfLink sendInitialEvents series servedVersions \
    serverAddressByClientCIDRs serviceAccountName serviceAccountTokenInSecrets serviceAccountUID serviceName \
    servicePort serving sessionAffinityConfig setHostnameAsFQDN shardInfo shardSelector shareID shareName \
    shareProcessNamespace sharedCounters shortNames sideEffects signal signerName sinceSeconds sinceTime singularName \
    singularResource sizeBytes sizeLimit sleep specReplicasPath sslEnabled stabilizationWindowSeconds startTime \
    startedAt startingDeadlineSeconds startupProbe state statusReplicasPath stderr stdinOnce stdout step stopSignal \
    storage.k8s.io/v1alpha1 storage.k8s.io/v1beta1 storageCapacity storageClassName storageMode storagePolicyID \
    storagePolicyName storagePool storageVersionHash storageVersions storagemigration.k8s.io/v1beta1 storageos \
    storedVersions strategy stream stringData strings stubPKCS10Request subPathExpr subResource subdomain subjects \
    subresources subsets succeededCount succeededIndexes successPolicy successThreshold successfulJobsHistoryLimit \
    supplementalGroupsPolicy suspend swap sysctls systemUUID tailLines taints targetCPUUtilizationPercentage \
    targetContainerName targetPortal targetRef targetSelector targetVolumeAttributesClassName targetWWNs tcpSocket \
    templateGeneration tenant terminated terminatingReplicas terminationGracePeriodSeconds terminationMessagePath \
    terminationMessagePolicy timeAdded timeZone timeoutSeconds timestamps title tokenRequests tolerance \
    tolerationSeconds tolerations topologyKeys topologySpreadConstraints totalDevices trafficDistribution trustBundle \
    ttlSecondsAfterFinished tty typeChecking uid unavailableDevices unavailableReplicas uncountedTerminatedPods \
    unhealthyPodEvictionPolicy uniqueItems unschedulable unverifiedUserAnnotations updateRevision updateStrategy \
    updatedAnnotations updatedNumberScheduled updatedReplicas url usages userAnnotations userInfo userNamespaces \
    username validRange validValues validationActions validationError valueExpression valueFrom values variables verbs \
    versionPriority versions volumeAttributesClassName volumeBindingMode volumeClaimTemplates volumeDevices \
    volumeHandle volumeID volumeLifecycleModes volumeMode volumeMounts volumeNamespace volumePath volumeStatus \
    volumesAttached volumesInUse vsphereVolume waiting warnings watch webhookClientConfig webhooks weight whenDeleted \
    whenScaled whenUnsatisfiable windowsOptions workingDir workloadName wwids x-kubernetes-embedded-resource \
    x-kubernetes-int-or-string x-kubernetes-list-map-keys x-kubernetes-list-type x-kubernetes-map-type \
    x-kubernetes-preserve-unknown-fields x-kubernetes-validations zone \
";

/// The fields of a message stand at their number less one: position and length of the name, number, kind, shape and
/// flags, message.
pub(super) static FIELDS: [Field; 4204] = [
    // 0 admission/v1.AdmissionRequest: uid kind resource subResource name namespace operation userInfo object oldObject
    // dryRun options requestKind requestResource requestSubResource
    f(13174, 3, 1, String, ONE, 0), f(6928, 4, 2, Message, ONE, 805), f(10676, 8, 3, Message, ONE, 806),
    f(12451, 11, 4, String, ONE | OMIT, 0), f(6365, 4, 5, String, ONE | OMIT, 0), f(8112, 9, 6, String, ONE | OMIT, 0),
    f(8847, 9, 7, String, ONE, 0), f(13435, 8, 8, Message, ONE, 270), f(8722, 6, 9, Raw, ONE, 0),
    f(8764, 9, 10, Raw, ONE, 0), f(5008, 6, 11, Bool, ONE | NULL, 0), f(8883, 7, 12, Raw, ONE, 0),
    f(10475, 11, 13, Message, ONE | NULL, 805), f(10529, 15, 14, Message, ONE | NULL, 806),
    f(10545, 18, 15, String, ONE | OMIT, 0),
    // 1 admission/v1.AdmissionResponse: uid allowed status patch patchType auditAnnotations warnings
    f(13174, 3, 1, String, ONE, 0), f(2428, 7, 2, Bool, ONE, 0), f(12097, 6, 3, Message, ONE | NULL, 820),
    f(9036, 5, 4, Bytes, ONE | OMIT | NULL, 0), f(9036, 9, 5, String, ONE | NULL, 0),
    f(2791, 16, 6, String, MAP | NULL, 0), f(13836, 8, 7, String, LIST | NULL, 0),
    // 2 admission/v1.AdmissionReview: request response
    f(10475, 7, 1, Message, ONE | NULL, 0), f(10945, 8, 2, Message, ONE | NULL, 1),
    // 3 admission/v1beta1.AdmissionRequest: uid kind resource subResource name namespace operation userInfo object
    // oldObject dryRun options requestKind requestResource requestSubResource
    f(13174, 3, 1, String, ONE, 0), f(6928, 4, 2, Message, ONE, 805), f(10676, 8, 3, Message, ONE, 806),
    f(12451, 11, 4, String, ONE | OMIT, 0), f(6365, 4, 5, String, ONE | OMIT, 0), f(8112, 9, 6, String, ONE | OMIT, 0),
    f(8847, 9, 7, String, ONE, 0), f(13435, 8, 8, Message, ONE, 270), f(8722, 6, 9, Raw, ONE, 0),
    f(8764, 9, 10, Raw, ONE, 0), f(5008, 6, 11, Bool, ONE | NULL, 0), f(8883, 7, 12, Raw, ONE, 0),
    f(10475, 11, 13, Message, ONE | NULL, 805), f(10529, 15, 14, Message, ONE | NULL, 806),
    f(10545, 18, 15, String, ONE | OMIT, 0),
    // 4 admission/v1beta1.AdmissionResponse: uid allowed status patch patchType auditAnnotations warnings
    f(13174, 3, 1, String, ONE, 0), f(2428, 7, 2, Bool, ONE, 0), f(12097, 6, 3, Message, ONE | NULL, 820),
    f(9036, 5, 4, Bytes, ONE | OMIT | NULL, 0), f(9036, 9, 5, String, ONE | NULL, 0),
    f(2791, 16, 6, String, MAP | NULL, 0), f(13836, 8, 7, String, LIST | NULL, 0),
    // 5 admission/v1beta1.AdmissionReview: request response
    f(10475, 7, 1, Message, ONE | NULL, 3), f(10945, 8, 2, Message, ONE | NULL, 4),
    // 6 admissionregistration/v1.ApplyConfiguration: expression
    f(5386, 10, 1, String, ONE | OMIT, 0),
    // 7 admissionregistration/v1.AuditAnnotation: key valueExpression
    f(6904, 3, 1, String, ONE, 0), f(13525, 15, 2, String, ONE, 0),
    // 8 admissionregistration/v1.ExpressionWarning: fieldRef warning
    HOLE, f(5653, 8, 2, String, ONE, 0), f(13836, 7, 3, String, ONE, 0),
    // 9 admissionregistration/v1.JSONPatch: expression
    f(5386, 10, 1, String, ONE | OMIT, 0),
    // 10 admissionregistration/v1.MatchCondition: name expression
    f(6365, 4, 1, String, ONE, 0), f(5386, 10, 2, String, ONE, 0),
    // 11 admissionregistration/v1.MatchResources: namespaceSelector objectSelector resourceRules excludeResourceRules
    // matchPolicy
    f(8112, 17, 1, Message, ONE | NULL, 807), f(8722, 14, 2, Message, ONE | NULL, 807),
    f(10891, 13, 3, Message, LIST | NULL, 22), f(5258, 20, 4, Message, LIST | NULL, 22), HOLE, HOLE,
    f(7614, 11, 7, String, ONE | NULL, 0),
    // 12 admissionregistration/v1.MutatingAdmissionPolicy: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 17),
    // 13 admissionregistration/v1.MutatingAdmissionPolicyBinding: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 15),
    // 14 admissionregistration/v1.MutatingAdmissionPolicyBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 13),
    // 15 admissionregistration/v1.MutatingAdmissionPolicyBindingSpec: policyName paramRef matchResources
    f(9553, 10, 1, String, ONE | OMIT, 0), f(8972, 8, 2, Message, ONE | NULL, 24),
    f(7626, 14, 3, Message, ONE | NULL, 11),
    // 16 admissionregistration/v1.MutatingAdmissionPolicyList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 12),
    // 17 admissionregistration/v1.MutatingAdmissionPolicySpec: paramKind matchConstraints variables mutations
    // failurePolicy matchConditions reinvocationPolicy
    f(8962, 9, 1, Message, ONE | NULL, 23), f(7534, 16, 2, Message, ONE | NULL, 11),
    f(13558, 9, 3, Message, LIST | NULL, 40), f(8090, 9, 4, Message, LIST | NULL, 21),
    f(5587, 13, 5, String, ONE | NULL, 0), f(7518, 15, 6, Message, LIST | NULL, 10),
    f(10342, 18, 7, String, ONE | OMIT, 0),
    // 18 admissionregistration/v1.MutatingWebhook: name clientConfig rules failurePolicy namespaceSelector sideEffects
    // timeoutSeconds admissionReviewVersions matchPolicy reinvocationPolicy objectSelector matchConditions
    f(6365, 4, 1, String, ONE, 0), f(3474, 12, 2, Message, ONE, 41), f(11070, 5, 3, Message, LIST | NULL, 26),
    f(5587, 13, 4, String, ONE | NULL, 0), f(8112, 17, 5, Message, ONE | NULL, 807),
    f(11870, 11, 6, String, ONE | NULL, 0), f(12963, 14, 7, Int32, ONE | NULL, 0),
    f(2032, 23, 8, String, LIST | NULL, 0), f(7614, 11, 9, String, ONE | NULL, 0),
    f(10342, 18, 10, String, ONE | NULL, 0), f(8722, 14, 11, Message, ONE | NULL, 807),
    f(7518, 15, 12, Message, LIST | NULL, 10),
    // 19 admissionregistration/v1.MutatingWebhookConfiguration: metadata webhooks
    f(7854, 8, 1, Message, ONE, 812), f(13871, 8, 2, Message, LIST | NULL, 18),
    // 20 admissionregistration/v1.MutatingWebhookConfigurationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 19),
    // 21 admissionregistration/v1.Mutation: patchType applyConfiguration jsonPatch
    HOLE, f(9036, 9, 2, String, ONE, 0), f(2609, 18, 3, Message, ONE | NULL, 6), f(6871, 9, 4, Message, ONE | NULL, 9),
    // 22 admissionregistration/v1.NamedRuleWithOperations: resourceNames (Inline)
    f(10877, 13, 1, String, LIST | NULL, 0), f(0, 0, 2, Inline, ONE, 26),
    // 23 admissionregistration/v1.ParamKind: apiVersion kind
    f(2486, 10, 1, String, ONE | OMIT, 0), f(6928, 4, 2, String, ONE | OMIT, 0),
    // 24 admissionregistration/v1.ParamRef: name namespace selector parameterNotFoundAction
    f(6365, 4, 1, String, ONE | OMIT, 0), f(8112, 9, 2, String, ONE | OMIT, 0),
    f(11556, 8, 3, Message, ONE | NULL, 807), f(8981, 23, 4, String, ONE | NULL, 0),
    // 25 admissionregistration/v1.Rule: apiGroups apiVersions resources scope
    f(2464, 9, 1, String, LIST | NULL, 0), f(2486, 11, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(11341, 5, 4, String, ONE | NULL, 0),
    // 26 admissionregistration/v1.RuleWithOperations: operations (Inline)
    f(8847, 10, 1, String, LIST | NULL, 0), f(0, 0, 2, Inline, ONE, 25),
    // 27 admissionregistration/v1.ServiceReference: namespace name path port
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0), f(9046, 4, 3, String, ONE | NULL, 0),
    f(9601, 4, 4, Int32, ONE | NULL, 0),
    // 28 admissionregistration/v1.TypeChecking: expressionWarnings
    f(5386, 18, 1, Message, LIST | NULL, 8),
    // 29 admissionregistration/v1.ValidatingAdmissionPolicy: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 34), f(12097, 6, 3, Message, ONE, 35),
    // 30 admissionregistration/v1.ValidatingAdmissionPolicyBinding: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 32),
    // 31 admissionregistration/v1.ValidatingAdmissionPolicyBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 30),
    // 32 admissionregistration/v1.ValidatingAdmissionPolicyBindingSpec: policyName paramRef matchResources
    // validationActions
    f(9553, 10, 1, String, ONE | OMIT, 0), f(8972, 8, 2, Message, ONE | NULL, 24),
    f(7626, 14, 3, Message, ONE | NULL, 11), f(13491, 17, 4, String, LIST | NULL, 0),
    // 33 admissionregistration/v1.ValidatingAdmissionPolicyList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 29),
    // 34 admissionregistration/v1.ValidatingAdmissionPolicySpec: paramKind matchConstraints validations failurePolicy
    // auditAnnotations matchConditions variables
    f(8962, 9, 1, Message, ONE | NULL, 23), f(7534, 16, 2, Message, ONE | NULL, 11),
    f(14153, 11, 3, Message, LIST | NULL, 39), f(5587, 13, 4, String, ONE | NULL, 0),
    f(2791, 16, 5, Message, LIST | NULL, 7), f(7518, 15, 6, Message, LIST | NULL, 10),
    f(13558, 9, 7, Message, LIST | NULL, 40),
    // 35 admissionregistration/v1.ValidatingAdmissionPolicyStatus: observedGeneration typeChecking conditions
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(13161, 12, 2, Message, ONE | NULL, 28),
    f(9651, 10, 3, Message, LIST | NULL, 798),
    // 36 admissionregistration/v1.ValidatingWebhook: name clientConfig rules failurePolicy namespaceSelector
    // sideEffects timeoutSeconds admissionReviewVersions matchPolicy objectSelector matchConditions
    f(6365, 4, 1, String, ONE, 0), f(3474, 12, 2, Message, ONE, 41), f(11070, 5, 3, Message, LIST | NULL, 26),
    f(5587, 13, 4, String, ONE | NULL, 0), f(8112, 17, 5, Message, ONE | NULL, 807),
    f(11870, 11, 6, String, ONE | NULL, 0), f(12963, 14, 7, Int32, ONE | NULL, 0),
    f(2032, 23, 8, String, LIST | NULL, 0), f(7614, 11, 9, String, ONE | NULL, 0),
    f(8722, 14, 10, Message, ONE | NULL, 807), f(7518, 15, 11, Message, LIST | NULL, 10),
    // 37 admissionregistration/v1.ValidatingWebhookConfiguration: metadata webhooks
    f(7854, 8, 1, Message, ONE, 812), f(13871, 8, 2, Message, LIST | NULL, 36),
    // 38 admissionregistration/v1.ValidatingWebhookConfigurationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 37),
    // 39 admissionregistration/v1.Validation: expression message reason messageExpression
    f(5386, 10, 1, String, ONE, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(10278, 6, 3, String, ONE | NULL, 0),
    f(7821, 17, 4, String, ONE | OMIT, 0),
    // 40 admissionregistration/v1.Variable: name expression
    f(6365, 4, 1, String, ONE, 0), f(5386, 10, 2, String, ONE, 0),
    // 41 admissionregistration/v1.WebhookClientConfig: service caBundle url
    f(11642, 7, 1, Message, ONE | NULL, 27), f(3237, 8, 2, Bytes, ONE | OMIT | NULL, 0),
    f(13408, 3, 3, String, ONE | NULL, 0),
    // 42 admissionregistration/v1alpha1.ApplyConfiguration: expression
    f(5386, 10, 1, String, ONE | OMIT, 0),
    // 43 admissionregistration/v1alpha1.AuditAnnotation: key valueExpression
    f(6904, 3, 1, String, ONE, 0), f(13525, 15, 2, String, ONE, 0),
    // 44 admissionregistration/v1alpha1.ExpressionWarning: fieldRef warning
    HOLE, f(5653, 8, 2, String, ONE, 0), f(13836, 7, 3, String, ONE, 0),
    // 45 admissionregistration/v1alpha1.JSONPatch: expression
    f(5386, 10, 1, String, ONE | OMIT, 0),
    // 46 admissionregistration/v1alpha1.MatchCondition: name expression
    f(6365, 4, 1, String, ONE, 0), f(5386, 10, 2, String, ONE, 0),
    // 47 admissionregistration/v1alpha1.MatchResources: namespaceSelector objectSelector resourceRules
    // excludeResourceRules matchPolicy
    f(8112, 17, 1, Message, ONE | NULL, 807), f(8722, 14, 2, Message, ONE | NULL, 807),
    f(10891, 13, 3, Message, LIST | NULL, 55), f(5258, 20, 4, Message, LIST | NULL, 55), HOLE, HOLE,
    f(7614, 11, 7, String, ONE | NULL, 0),
    // 48 admissionregistration/v1alpha1.MutatingAdmissionPolicy: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 53),
    // 49 admissionregistration/v1alpha1.MutatingAdmissionPolicyBinding: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 51),
    // 50 admissionregistration/v1alpha1.MutatingAdmissionPolicyBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 49),
    // 51 admissionregistration/v1alpha1.MutatingAdmissionPolicyBindingSpec: policyName paramRef matchResources
    f(9553, 10, 1, String, ONE | OMIT, 0), f(8972, 8, 2, Message, ONE | NULL, 57),
    f(7626, 14, 3, Message, ONE | NULL, 47),
    // 52 admissionregistration/v1alpha1.MutatingAdmissionPolicyList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 48),
    // 53 admissionregistration/v1alpha1.MutatingAdmissionPolicySpec: paramKind matchConstraints variables mutations
    // failurePolicy matchConditions reinvocationPolicy
    f(8962, 9, 1, Message, ONE | NULL, 56), f(7534, 16, 2, Message, ONE | NULL, 47),
    f(13558, 9, 3, Message, LIST | NULL, 67), f(8090, 9, 4, Message, LIST | NULL, 54),
    f(5587, 13, 5, String, ONE | NULL, 0), f(7518, 15, 6, Message, LIST | NULL, 46),
    f(10342, 18, 7, String, ONE | OMIT, 0),
    // 54 admissionregistration/v1alpha1.Mutation: patchType applyConfiguration jsonPatch
    HOLE, f(9036, 9, 2, String, ONE, 0), f(2609, 18, 3, Message, ONE | NULL, 42),
    f(6871, 9, 4, Message, ONE | NULL, 45),
    // 55 admissionregistration/v1alpha1.NamedRuleWithOperations: resourceNames (Inline)
    f(10877, 13, 1, String, LIST | NULL, 0), f(0, 0, 2, Inline, ONE, 26),
    // 56 admissionregistration/v1alpha1.ParamKind: apiVersion kind
    f(2486, 10, 1, String, ONE | OMIT, 0), f(6928, 4, 2, String, ONE | OMIT, 0),
    // 57 admissionregistration/v1alpha1.ParamRef: name namespace selector parameterNotFoundAction
    f(6365, 4, 1, String, ONE | OMIT, 0), f(8112, 9, 2, String, ONE | OMIT, 0),
    f(11556, 8, 3, Message, ONE | NULL, 807), f(8981, 23, 4, String, ONE | NULL, 0),
    // 58 admissionregistration/v1alpha1.TypeChecking: expressionWarnings
    f(5386, 18, 1, Message, LIST | NULL, 44),
    // 59 admissionregistration/v1alpha1.ValidatingAdmissionPolicy: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 64), f(12097, 6, 3, Message, ONE, 65),
    // 60 admissionregistration/v1alpha1.ValidatingAdmissionPolicyBinding: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 62),
    // 61 admissionregistration/v1alpha1.ValidatingAdmissionPolicyBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 60),
    // 62 admissionregistration/v1alpha1.ValidatingAdmissionPolicyBindingSpec: policyName paramRef matchResources
    // validationActions
    f(9553, 10, 1, String, ONE | OMIT, 0), f(8972, 8, 2, Message, ONE | NULL, 57),
    f(7626, 14, 3, Message, ONE | NULL, 47), f(13491, 17, 4, String, LIST | NULL, 0),
    // 63 admissionregistration/v1alpha1.ValidatingAdmissionPolicyList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 59),
    // 64 admissionregistration/v1alpha1.ValidatingAdmissionPolicySpec: paramKind matchConstraints validations
    // failurePolicy auditAnnotations matchConditions variables
    f(8962, 9, 1, Message, ONE | NULL, 56), f(7534, 16, 2, Message, ONE | NULL, 47),
    f(14153, 11, 3, Message, LIST | NULL, 66), f(5587, 13, 4, String, ONE | NULL, 0),
    f(2791, 16, 5, Message, LIST | NULL, 43), f(7518, 15, 6, Message, LIST | NULL, 46),
    f(13558, 9, 7, Message, LIST | NULL, 67),
    // 65 admissionregistration/v1alpha1.ValidatingAdmissionPolicyStatus: observedGeneration typeChecking conditions
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(13161, 12, 2, Message, ONE | NULL, 58),
    f(9651, 10, 3, Message, LIST | NULL, 798),
    // 66 admissionregistration/v1alpha1.Validation: expression message reason messageExpression
    f(5386, 10, 1, String, ONE, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(10278, 6, 3, String, ONE | NULL, 0),
    f(7821, 17, 4, String, ONE | OMIT, 0),
    // 67 admissionregistration/v1alpha1.Variable: name expression
    f(6365, 4, 1, String, ONE, 0), f(5386, 10, 2, String, ONE, 0),
    // 68 admissionregistration/v1beta1.ApplyConfiguration: expression
    f(5386, 10, 1, String, ONE | OMIT, 0),
    // 69 admissionregistration/v1beta1.AuditAnnotation: key valueExpression
    f(6904, 3, 1, String, ONE, 0), f(13525, 15, 2, String, ONE, 0),
    // 70 admissionregistration/v1beta1.ExpressionWarning: fieldRef warning
    HOLE, f(5653, 8, 2, String, ONE, 0), f(13836, 7, 3, String, ONE, 0),
    // 71 admissionregistration/v1beta1.JSONPatch: expression
    f(5386, 10, 1, String, ONE | OMIT, 0),
    // 72 admissionregistration/v1beta1.MatchCondition: name expression
    f(6365, 4, 1, String, ONE, 0), f(5386, 10, 2, String, ONE, 0),
    // 73 admissionregistration/v1beta1.MatchResources: namespaceSelector objectSelector resourceRules
    // excludeResourceRules matchPolicy
    f(8112, 17, 1, Message, ONE | NULL, 807), f(8722, 14, 2, Message, ONE | NULL, 807),
    f(10891, 13, 3, Message, LIST | NULL, 84), f(5258, 20, 4, Message, LIST | NULL, 84), HOLE, HOLE,
    f(7614, 11, 7, String, ONE | NULL, 0),
    // 74 admissionregistration/v1beta1.MutatingAdmissionPolicy: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 79),
    // 75 admissionregistration/v1beta1.MutatingAdmissionPolicyBinding: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 77),
    // 76 admissionregistration/v1beta1.MutatingAdmissionPolicyBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 75),
    // 77 admissionregistration/v1beta1.MutatingAdmissionPolicyBindingSpec: policyName paramRef matchResources
    f(9553, 10, 1, String, ONE | OMIT, 0), f(8972, 8, 2, Message, ONE | NULL, 86),
    f(7626, 14, 3, Message, ONE | NULL, 73),
    // 78 admissionregistration/v1beta1.MutatingAdmissionPolicyList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 74),
    // 79 admissionregistration/v1beta1.MutatingAdmissionPolicySpec: paramKind matchConstraints variables mutations
    // failurePolicy matchConditions reinvocationPolicy
    f(8962, 9, 1, Message, ONE | NULL, 85), f(7534, 16, 2, Message, ONE | NULL, 73),
    f(13558, 9, 3, Message, LIST | NULL, 100), f(8090, 9, 4, Message, LIST | NULL, 83),
    f(5587, 13, 5, String, ONE | NULL, 0), f(7518, 15, 6, Message, LIST | NULL, 72),
    f(10342, 18, 7, String, ONE | OMIT, 0),
    // 80 admissionregistration/v1beta1.MutatingWebhook: name clientConfig rules failurePolicy namespaceSelector
    // sideEffects timeoutSeconds admissionReviewVersions matchPolicy reinvocationPolicy objectSelector matchConditions
    f(6365, 4, 1, String, ONE, 0), f(3474, 12, 2, Message, ONE, 101), f(11070, 5, 3, Message, LIST | NULL, 26),
    f(5587, 13, 4, String, ONE | NULL, 0), f(8112, 17, 5, Message, ONE | NULL, 807),
    f(11870, 11, 6, String, ONE | NULL, 0), f(12963, 14, 7, Int32, ONE | NULL, 0),
    f(2032, 23, 8, String, LIST | NULL, 0), f(7614, 11, 9, String, ONE | NULL, 0),
    f(10342, 18, 10, String, ONE | NULL, 0), f(8722, 14, 11, Message, ONE | NULL, 807),
    f(7518, 15, 12, Message, LIST | NULL, 72),
    // 81 admissionregistration/v1beta1.MutatingWebhookConfiguration: metadata webhooks
    f(7854, 8, 1, Message, ONE, 812), f(13871, 8, 2, Message, LIST | NULL, 80),
    // 82 admissionregistration/v1beta1.MutatingWebhookConfigurationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 81),
    // 83 admissionregistration/v1beta1.Mutation: patchType applyConfiguration jsonPatch
    HOLE, f(9036, 9, 2, String, ONE, 0), f(2609, 18, 3, Message, ONE | NULL, 68),
    f(6871, 9, 4, Message, ONE | NULL, 71),
    // 84 admissionregistration/v1beta1.NamedRuleWithOperations: resourceNames (Inline)
    f(10877, 13, 1, String, LIST | NULL, 0), f(0, 0, 2, Inline, ONE, 26),
    // 85 admissionregistration/v1beta1.ParamKind: apiVersion kind
    f(2486, 10, 1, String, ONE | OMIT, 0), f(6928, 4, 2, String, ONE | OMIT, 0),
    // 86 admissionregistration/v1beta1.ParamRef: name namespace selector parameterNotFoundAction
    f(6365, 4, 1, String, ONE | OMIT, 0), f(8112, 9, 2, String, ONE | OMIT, 0),
    f(11556, 8, 3, Message, ONE | NULL, 807), f(8981, 23, 4, String, ONE | NULL, 0),
    // 87 admissionregistration/v1beta1.ServiceReference: namespace name path port
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0), f(9046, 4, 3, String, ONE | NULL, 0),
    f(9601, 4, 4, Int32, ONE | NULL, 0),
    // 88 admissionregistration/v1beta1.TypeChecking: expressionWarnings
    f(5386, 18, 1, Message, LIST | NULL, 70),
    // 89 admissionregistration/v1beta1.ValidatingAdmissionPolicy: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 94), f(12097, 6, 3, Message, ONE, 95),
    // 90 admissionregistration/v1beta1.ValidatingAdmissionPolicyBinding: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 92),
    // 91 admissionregistration/v1beta1.ValidatingAdmissionPolicyBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 90),
    // 92 admissionregistration/v1beta1.ValidatingAdmissionPolicyBindingSpec: policyName paramRef matchResources
    // validationActions
    f(9553, 10, 1, String, ONE | OMIT, 0), f(8972, 8, 2, Message, ONE | NULL, 86),
    f(7626, 14, 3, Message, ONE | NULL, 73), f(13491, 17, 4, String, LIST | NULL, 0),
    // 93 admissionregistration/v1beta1.ValidatingAdmissionPolicyList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 89),
    // 94 admissionregistration/v1beta1.ValidatingAdmissionPolicySpec: paramKind matchConstraints validations
    // failurePolicy auditAnnotations matchConditions variables
    f(8962, 9, 1, Message, ONE | NULL, 85), f(7534, 16, 2, Message, ONE | NULL, 73),
    f(14153, 11, 3, Message, LIST | NULL, 99), f(5587, 13, 4, String, ONE | NULL, 0),
    f(2791, 16, 5, Message, LIST | NULL, 69), f(7518, 15, 6, Message, LIST | NULL, 72),
    f(13558, 9, 7, Message, LIST | NULL, 100),
    // 95 admissionregistration/v1beta1.ValidatingAdmissionPolicyStatus: observedGeneration typeChecking conditions
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(13161, 12, 2, Message, ONE | NULL, 88),
    f(9651, 10, 3, Message, LIST | NULL, 798),
    // 96 admissionregistration/v1beta1.ValidatingWebhook: name clientConfig rules failurePolicy namespaceSelector
    // sideEffects timeoutSeconds admissionReviewVersions matchPolicy objectSelector matchConditions
    f(6365, 4, 1, String, ONE, 0), f(3474, 12, 2, Message, ONE, 101), f(11070, 5, 3, Message, LIST | NULL, 26),
    f(5587, 13, 4, String, ONE | NULL, 0), f(8112, 17, 5, Message, ONE | NULL, 807),
    f(11870, 11, 6, String, ONE | NULL, 0), f(12963, 14, 7, Int32, ONE | NULL, 0),
    f(2032, 23, 8, String, LIST | NULL, 0), f(7614, 11, 9, String, ONE | NULL, 0),
    f(8722, 14, 10, Message, ONE | NULL, 807), f(7518, 15, 11, Message, LIST | NULL, 72),
    // 97 admissionregistration/v1beta1.ValidatingWebhookConfiguration: metadata webhooks
    f(7854, 8, 1, Message, ONE, 812), f(13871, 8, 2, Message, LIST | NULL, 96),
    // 98 admissionregistration/v1beta1.ValidatingWebhookConfigurationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 97),
    // 99 admissionregistration/v1beta1.Validation: expression message reason messageExpression
    f(5386, 10, 1, String, ONE, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(10278, 6, 3, String, ONE | NULL, 0),
    f(7821, 17, 4, String, ONE | OMIT, 0),
    // 100 admissionregistration/v1beta1.Variable: name expression
    f(6365, 4, 1, String, ONE, 0), f(5386, 10, 2, String, ONE, 0),
    // 101 admissionregistration/v1beta1.WebhookClientConfig: service caBundle url
    f(11642, 7, 1, Message, ONE | NULL, 87), f(3237, 8, 2, Bytes, ONE | OMIT | NULL, 0),
    f(13408, 3, 3, String, ONE | NULL, 0),
    // 102 apidiscovery/v2.APIGroupDiscovery: metadata versions
    f(7854, 8, 1, Message, ONE, 812), f(13590, 8, 2, Message, LIST | NULL, 106),
    // 103 apidiscovery/v2.APIGroupDiscoveryList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 102),
    // 104 apidiscovery/v2.APIResourceDiscovery: resource responseKind scope singularResource verbs shortNames
    // categories subresources
    f(10676, 8, 1, String, ONE, 0), f(10945, 12, 2, Message, ONE | NULL, 805), f(11341, 5, 3, String, ONE, 0),
    f(11936, 16, 4, String, ONE, 0), f(13568, 5, 5, String, LIST | NULL, 0), f(11859, 10, 6, String, LIST | NULL, 0),
    f(3283, 10, 7, String, LIST | NULL, 0), f(12482, 12, 8, Message, LIST | NULL, 105),
    // 105 apidiscovery/v2.APISubresourceDiscovery: subresource responseKind acceptedTypes verbs
    f(12482, 11, 1, String, ONE, 0), f(10945, 12, 2, Message, ONE | NULL, 805),
    f(1844, 13, 3, Message, LIST | NULL, 805), f(13568, 5, 4, String, LIST | NULL, 0),
    // 106 apidiscovery/v2.APIVersionDiscovery: version resources freshness
    f(308, 7, 1, String, ONE, 0), f(12485, 9, 2, Message, LIST | NULL, 104), f(5943, 9, 3, String, ONE | OMIT, 0),
    // 107 apidiscovery/v2beta1.APIGroupDiscovery: metadata versions
    f(7854, 8, 1, Message, ONE, 812), f(13590, 8, 2, Message, LIST | NULL, 111),
    // 108 apidiscovery/v2beta1.APIGroupDiscoveryList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 107),
    // 109 apidiscovery/v2beta1.APIResourceDiscovery: resource responseKind scope singularResource verbs shortNames
    // categories subresources
    f(10676, 8, 1, String, ONE, 0), f(10945, 12, 2, Message, ONE | NULL, 805), f(11341, 5, 3, String, ONE, 0),
    f(11936, 16, 4, String, ONE, 0), f(13568, 5, 5, String, LIST | NULL, 0), f(11859, 10, 6, String, LIST | NULL, 0),
    f(3283, 10, 7, String, LIST | NULL, 0), f(12482, 12, 8, Message, LIST | NULL, 110),
    // 110 apidiscovery/v2beta1.APISubresourceDiscovery: subresource responseKind acceptedTypes verbs
    f(12482, 11, 1, String, ONE, 0), f(10945, 12, 2, Message, ONE | NULL, 805),
    f(1844, 13, 3, Message, LIST | NULL, 805), f(13568, 5, 4, String, LIST | NULL, 0),
    // 111 apidiscovery/v2beta1.APIVersionDiscovery: version resources freshness
    f(308, 7, 1, String, ONE, 0), f(12485, 9, 2, Message, LIST | NULL, 109), f(5943, 9, 3, String, ONE | OMIT, 0),
    // 112 apiextensions/v1.ConversionRequest: uid desiredAPIVersion objects
    f(13174, 3, 1, String, ONE, 0), f(4664, 17, 2, String, ONE, 0), f(8737, 7, 3, Raw, LIST | NULL, 0),
    // 113 apiextensions/v1.ConversionResponse: uid convertedObjects result
    f(13174, 3, 1, String, ONE, 0), f(4011, 16, 2, Raw, LIST | NULL, 0), f(10990, 6, 3, Message, ONE, 820),
    // 114 apiextensions/v1.ConversionReview: request response
    f(10475, 7, 1, Message, ONE | NULL, 112), f(10945, 8, 2, Message, ONE | NULL, 113),
    // 115 apiextensions/v1.CustomResourceColumnDefinition: name type format description priority jsonPath
    f(6365, 4, 1, String, ONE, 0), f(13161, 4, 2, String, ONE, 0), f(5936, 6, 3, String, ONE | OMIT, 0),
    f(4652, 11, 4, String, ONE | OMIT, 0), f(9839, 8, 5, Int32, ONE | OMIT, 0), f(6881, 8, 6, String, ONE, 0),
    // 116 apiextensions/v1.CustomResourceConversion: strategy webhook
    f(12386, 8, 1, String, ONE, 0), f(13851, 7, 2, Message, ONE | NULL, 137),
    // 117 apiextensions/v1.CustomResourceDefinition: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 121), f(12097, 6, 3, Message, ONE, 122),
    // 118 apiextensions/v1.CustomResourceDefinitionCondition: type status lastTransitionTime reason message
    // observedGeneration
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0), f(8745, 18, 6, Int64, ONE | OMIT, 0),
    // 119 apiextensions/v1.CustomResourceDefinitionList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 117),
    // 120 apiextensions/v1.CustomResourceDefinitionNames: plural singular shortNames kind listKind categories
    f(9273, 6, 1, String, ONE, 0), f(11923, 8, 2, String, ONE | OMIT, 0), f(11859, 10, 3, String, LIST | NULL, 0),
    f(6928, 4, 4, String, ONE, 0), f(7344, 8, 5, String, ONE | OMIT, 0), f(3283, 10, 6, String, LIST | NULL, 0),
    // 121 apiextensions/v1.CustomResourceDefinitionSpec: group names scope versions conversion preserveUnknownFields
    f(6153, 5, 1, String, ONE, 0), HOLE, f(6382, 5, 3, Message, ONE, 120), f(11341, 5, 4, String, ONE, 0), HOLE, HOLE,
    f(13590, 8, 7, Message, LIST | NULL, 123), HOLE, f(3986, 10, 9, Message, ONE | NULL, 116),
    f(9778, 21, 10, Bool, ONE | OMIT, 0),
    // 122 apiextensions/v1.CustomResourceDefinitionStatus: conditions acceptedNames storedVersions observedGeneration
    f(9651, 10, 1, Message, LIST | NULL, 118), f(1830, 13, 2, Message, ONE, 120),
    f(12371, 14, 3, String, LIST | NULL, 0), f(8745, 18, 4, Int64, ONE | OMIT, 0),
    // 123 apiextensions/v1.CustomResourceDefinitionVersion: name served storage schema subresources
    // additionalPrinterColumns deprecated deprecationWarning selectableFields
    f(6365, 4, 1, String, ONE, 0), f(7061, 6, 2, Bool, ONE, 0), f(12156, 7, 3, Bool, ONE, 0),
    f(6, 6, 4, Message, ONE | NULL, 127), f(12482, 12, 5, Message, ONE | NULL, 126),
    f(1927, 24, 6, Message, LIST | NULL, 115), f(4516, 10, 7, Bool, ONE | OMIT, 0),
    f(4617, 18, 8, String, ONE | NULL, 0), f(11539, 16, 9, Message, LIST | NULL, 133),
    // 124 apiextensions/v1.CustomResourceSubresourceScale: specReplicasPath statusReplicasPath labelSelectorPath
    f(11979, 16, 1, String, ONE, 0), f(12097, 18, 2, String, ONE, 0), f(6998, 17, 3, String, ONE | NULL, 0),
    // 125 apiextensions/v1.CustomResourceSubresourceStatus:
    // 126 apiextensions/v1.CustomResourceSubresources: status scale
    f(12097, 6, 1, Message, ONE | NULL, 125), f(560, 5, 2, Message, ONE | NULL, 124),
    // 127 apiextensions/v1.CustomResourceValidation: openAPIV3Schema
    f(8815, 15, 1, Message, ONE | NULL, 129),
    // 128 apiextensions/v1.ExternalDocumentation: description url
    f(4652, 11, 1, String, ONE | OMIT, 0), f(13408, 3, 2, String, ONE | OMIT, 0),
    // 129 apiextensions/v1.JSONSchemaProps: id $schema $ref description type format title default maximum
    // exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems multipleOf
    // enum maxProperties minProperties required items allOf oneOf anyOf not properties additionalProperties
    // patternProperties dependencies additionalItems definitions externalDocs example nullable
    // x-kubernetes-preserve-unknown-fields x-kubernetes-embedded-resource x-kubernetes-int-or-string
    // x-kubernetes-list-map-keys x-kubernetes-list-type x-kubernetes-map-type x-kubernetes-validations
    f(644, 2, 1, String, ONE | OMIT, 0), f(5, 7, 2, String, ONE | OMIT, 0), f(0, 4, 3, String, ONE | NULL, 0),
    f(4652, 11, 4, String, ONE | OMIT, 0), f(13161, 4, 5, String, ONE | OMIT, 0), f(5936, 6, 6, String, ONE | OMIT, 0),
    f(12989, 5, 7, String, ONE | OMIT, 0), f(4383, 7, 8, Json, ONE | NULL, 0), f(7796, 7, 9, Double, ONE | NULL, 0),
    f(5279, 16, 10, Bool, ONE | OMIT, 0), f(7980, 7, 11, Double, ONE | NULL, 0), f(5296, 16, 12, Bool, ONE | OMIT, 0),
    f(7707, 9, 13, Int64, ONE | NULL, 0), f(7928, 9, 14, Int64, ONE | NULL, 0), f(9061, 7, 15, String, ONE | OMIT, 0),
    f(7698, 8, 16, Int64, ONE | NULL, 0), f(7919, 8, 17, Int64, ONE | NULL, 0), f(13268, 11, 18, Bool, ONE | OMIT, 0),
    f(8079, 10, 19, Double, ONE | NULL, 0), f(5117, 4, 20, Json, LIST | NULL, 0), f(7738, 13, 21, Int64, ONE | NULL, 0),
    f(7938, 13, 22, Int64, ONE | NULL, 0), f(10573, 8, 23, String, LIST | NULL, 0),
    f(6853, 5, 24, SchemaOrSchemas, ONE | NULL, 130), f(2165, 5, 25, Message, LIST | NULL, 129),
    f(8802, 5, 26, Message, LIST | NULL, 129), f(2458, 5, 27, Message, LIST | NULL, 129),
    f(2448, 3, 28, Message, ONE | NULL, 129), f(9975, 10, 29, Message, MAP | NULL, 129),
    f(1952, 20, 30, SchemaOrBool, ONE | NULL, 131), f(9061, 17, 31, Message, MAP | NULL, 129),
    f(4503, 12, 32, SchemaOrStrings, MAP | NULL, 132), f(1911, 15, 33, SchemaOrBool, ONE | NULL, 131),
    f(4425, 11, 34, Message, MAP | NULL, 129), f(5473, 12, 35, Message, ONE | NULL, 128),
    f(5243, 7, 36, Json, ONE | NULL, 0), f(8648, 8, 37, Bool, ONE | OMIT, 0), f(14103, 36, 38, Bool, ONE | NULL, 0),
    f(13973, 30, 39, Bool, ONE | OMIT, 0), f(14004, 26, 40, Bool, ONE | OMIT, 0),
    f(14031, 26, 41, String, LIST | NULL, 0), f(14058, 22, 42, String, ONE | NULL, 0),
    f(14081, 21, 43, String, ONE | NULL, 0), f(14140, 24, 44, Message, LIST | NULL, 135),
    // 130 apiextensions/v1.JSONSchemaPropsOrArray: (Message) (Message)
    f(0, 0, 1, Message, ONE | NULL, 129), f(0, 0, 2, Message, LIST | NULL, 129),
    // 131 apiextensions/v1.JSONSchemaPropsOrBool: (Bool) (Message)
    f(0, 0, 1, Bool, ONE, 0), f(0, 0, 2, Message, ONE | NULL, 129),
    // 132 apiextensions/v1.JSONSchemaPropsOrStringArray: (Message) (String)
    f(0, 0, 1, Message, ONE | NULL, 129), f(0, 0, 2, String, LIST | NULL, 0),
    // 133 apiextensions/v1.SelectableField: jsonPath
    f(6881, 8, 1, String, ONE, 0),
    // 134 apiextensions/v1.ServiceReference: namespace name path port
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0), f(9046, 4, 3, String, ONE | NULL, 0),
    f(9601, 4, 4, Int32, ONE | NULL, 0),
    // 135 apiextensions/v1.ValidationRule: rule message messageExpression reason fieldPath optionalOldSelf
    f(11070, 4, 1, String, ONE, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(7821, 17, 3, String, ONE | OMIT, 0),
    f(10278, 6, 4, String, ONE | NULL, 0), f(5643, 9, 5, String, ONE | OMIT, 0), f(8867, 15, 6, Bool, ONE | NULL, 0),
    // 136 apiextensions/v1.WebhookClientConfig: service caBundle url
    f(11642, 7, 1, Message, ONE | NULL, 134), f(3237, 8, 2, Bytes, ONE | OMIT | NULL, 0),
    f(13408, 3, 3, String, ONE | NULL, 0),
    // 137 apiextensions/v1.WebhookConversion: clientConfig conversionReviewVersions
    HOLE, f(3474, 12, 2, Message, ONE | NULL, 136), f(3986, 24, 3, String, LIST | NULL, 0),
    // 138 apiextensions/v1beta1.ConversionRequest: uid desiredAPIVersion objects
    f(13174, 3, 1, String, ONE, 0), f(4664, 17, 2, String, ONE, 0), f(8737, 7, 3, Raw, LIST | NULL, 0),
    // 139 apiextensions/v1beta1.ConversionResponse: uid convertedObjects result
    f(13174, 3, 1, String, ONE, 0), f(4011, 16, 2, Raw, LIST | NULL, 0), f(10990, 6, 3, Message, ONE, 820),
    // 140 apiextensions/v1beta1.ConversionReview: request response
    f(10475, 7, 1, Message, ONE | NULL, 138), f(10945, 8, 2, Message, ONE | NULL, 139),
    // 141 apiextensions/v1beta1.CustomResourceColumnDefinition: name type format description priority JSONPath
    f(6365, 4, 1, String, ONE, 0), f(13161, 4, 2, String, ONE, 0), f(5936, 6, 3, String, ONE | OMIT, 0),
    f(4652, 11, 4, String, ONE | OMIT, 0), f(9839, 8, 5, Int32, ONE | OMIT, 0), f(626, 8, 6, String, ONE, 0),
    // 142 apiextensions/v1beta1.CustomResourceConversion: strategy webhookClientConfig conversionReviewVersions
    f(12386, 8, 1, String, ONE, 0), f(13851, 19, 2, Message, ONE | NULL, 162), f(3986, 24, 3, String, LIST | NULL, 0),
    // 143 apiextensions/v1beta1.CustomResourceDefinition: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 147), f(12097, 6, 3, Message, ONE, 148),
    // 144 apiextensions/v1beta1.CustomResourceDefinitionCondition: type status lastTransitionTime reason message
    // observedGeneration
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0), f(8745, 18, 6, Int64, ONE | OMIT, 0),
    // 145 apiextensions/v1beta1.CustomResourceDefinitionList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 143),
    // 146 apiextensions/v1beta1.CustomResourceDefinitionNames: plural singular shortNames kind listKind categories
    f(9273, 6, 1, String, ONE, 0), f(11923, 8, 2, String, ONE | OMIT, 0), f(11859, 10, 3, String, LIST | NULL, 0),
    f(6928, 4, 4, String, ONE, 0), f(7344, 8, 5, String, ONE | OMIT, 0), f(3283, 10, 6, String, LIST | NULL, 0),
    // 147 apiextensions/v1beta1.CustomResourceDefinitionSpec: group version names scope validation subresources
    // versions additionalPrinterColumns conversion preserveUnknownFields selectableFields
    f(6153, 5, 1, String, ONE, 0), f(308, 7, 2, String, ONE | OMIT, 0), f(6382, 5, 3, Message, ONE, 146),
    f(11341, 5, 4, String, ONE, 0), f(13491, 10, 5, Message, ONE | NULL, 153),
    f(12482, 12, 6, Message, ONE | NULL, 152), f(13590, 8, 7, Message, LIST | NULL, 149),
    f(1927, 24, 8, Message, LIST | NULL, 141), f(3986, 10, 9, Message, ONE | NULL, 142),
    f(9778, 21, 10, Bool, ONE | NULL, 0), f(11539, 16, 11, Message, LIST | NULL, 159),
    // 148 apiextensions/v1beta1.CustomResourceDefinitionStatus: conditions acceptedNames storedVersions
    // observedGeneration
    f(9651, 10, 1, Message, LIST | NULL, 144), f(1830, 13, 2, Message, ONE, 146),
    f(12371, 14, 3, String, LIST | NULL, 0), f(8745, 18, 4, Int64, ONE | OMIT, 0),
    // 149 apiextensions/v1beta1.CustomResourceDefinitionVersion: name served storage schema subresources
    // additionalPrinterColumns deprecated deprecationWarning selectableFields
    f(6365, 4, 1, String, ONE, 0), f(7061, 6, 2, Bool, ONE, 0), f(12156, 7, 3, Bool, ONE, 0),
    f(6, 6, 4, Message, ONE | NULL, 153), f(12482, 12, 5, Message, ONE | NULL, 152),
    f(1927, 24, 6, Message, LIST | NULL, 141), f(4516, 10, 7, Bool, ONE | OMIT, 0),
    f(4617, 18, 8, String, ONE | NULL, 0), f(11539, 16, 9, Message, LIST | NULL, 159),
    // 150 apiextensions/v1beta1.CustomResourceSubresourceScale: specReplicasPath statusReplicasPath labelSelectorPath
    f(11979, 16, 1, String, ONE, 0), f(12097, 18, 2, String, ONE, 0), f(6998, 17, 3, String, ONE | NULL, 0),
    // 151 apiextensions/v1beta1.CustomResourceSubresourceStatus:
    // 152 apiextensions/v1beta1.CustomResourceSubresources: status scale
    f(12097, 6, 1, Message, ONE | NULL, 151), f(560, 5, 2, Message, ONE | NULL, 150),
    // 153 apiextensions/v1beta1.CustomResourceValidation: openAPIV3Schema
    f(8815, 15, 1, Message, ONE | NULL, 155),
    // 154 apiextensions/v1beta1.ExternalDocumentation: description url
    f(4652, 11, 1, String, ONE | OMIT, 0), f(13408, 3, 2, String, ONE | OMIT, 0),
    // 155 apiextensions/v1beta1.JSONSchemaProps: id $schema $ref description type format title default maximum
    // exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems multipleOf
    // enum maxProperties minProperties required items allOf oneOf anyOf not properties additionalProperties
    // patternProperties dependencies additionalItems definitions externalDocs example nullable
    // x-kubernetes-preserve-unknown-fields x-kubernetes-embedded-resource x-kubernetes-int-or-string
    // x-kubernetes-list-map-keys x-kubernetes-list-type x-kubernetes-map-type x-kubernetes-validations
    f(644, 2, 1, String, ONE | OMIT, 0), f(5, 7, 2, String, ONE | OMIT, 0), f(0, 4, 3, String, ONE | NULL, 0),
    f(4652, 11, 4, String, ONE | OMIT, 0), f(13161, 4, 5, String, ONE | OMIT, 0), f(5936, 6, 6, String, ONE | OMIT, 0),
    f(12989, 5, 7, String, ONE | OMIT, 0), f(4383, 7, 8, Json, ONE | NULL, 0), f(7796, 7, 9, Double, ONE | NULL, 0),
    f(5279, 16, 10, Bool, ONE | OMIT, 0), f(7980, 7, 11, Double, ONE | NULL, 0), f(5296, 16, 12, Bool, ONE | OMIT, 0),
    f(7707, 9, 13, Int64, ONE | NULL, 0), f(7928, 9, 14, Int64, ONE | NULL, 0), f(9061, 7, 15, String, ONE | OMIT, 0),
    f(7698, 8, 16, Int64, ONE | NULL, 0), f(7919, 8, 17, Int64, ONE | NULL, 0), f(13268, 11, 18, Bool, ONE | OMIT, 0),
    f(8079, 10, 19, Double, ONE | NULL, 0), f(5117, 4, 20, Json, LIST | NULL, 0), f(7738, 13, 21, Int64, ONE | NULL, 0),
    f(7938, 13, 22, Int64, ONE | NULL, 0), f(10573, 8, 23, String, LIST | NULL, 0),
    f(6853, 5, 24, SchemaOrSchemas, ONE | NULL, 156), f(2165, 5, 25, Message, LIST | NULL, 155),
    f(8802, 5, 26, Message, LIST | NULL, 155), f(2458, 5, 27, Message, LIST | NULL, 155),
    f(2448, 3, 28, Message, ONE | NULL, 155), f(9975, 10, 29, Message, MAP | NULL, 155),
    f(1952, 20, 30, SchemaOrBool, ONE | NULL, 157), f(9061, 17, 31, Message, MAP | NULL, 155),
    f(4503, 12, 32, SchemaOrStrings, MAP | NULL, 158), f(1911, 15, 33, SchemaOrBool, ONE | NULL, 157),
    f(4425, 11, 34, Message, MAP | NULL, 155), f(5473, 12, 35, Message, ONE | NULL, 154),
    f(5243, 7, 36, Json, ONE | NULL, 0), f(8648, 8, 37, Bool, ONE | OMIT, 0), f(14103, 36, 38, Bool, ONE | NULL, 0),
    f(13973, 30, 39, Bool, ONE | OMIT, 0), f(14004, 26, 40, Bool, ONE | OMIT, 0),
    f(14031, 26, 41, String, LIST | NULL, 0), f(14058, 22, 42, String, ONE | NULL, 0),
    f(14081, 21, 43, String, ONE | NULL, 0), f(14140, 24, 44, Message, LIST | NULL, 161),
    // 156 apiextensions/v1beta1.JSONSchemaPropsOrArray: (Message) (Message)
    f(0, 0, 1, Message, ONE | NULL, 155), f(0, 0, 2, Message, LIST | NULL, 155),
    // 157 apiextensions/v1beta1.JSONSchemaPropsOrBool: (Bool) (Message)
    f(0, 0, 1, Bool, ONE, 0), f(0, 0, 2, Message, ONE | NULL, 155),
    // 158 apiextensions/v1beta1.JSONSchemaPropsOrStringArray: (Message) (String)
    f(0, 0, 1, Message, ONE | NULL, 155), f(0, 0, 2, String, LIST | NULL, 0),
    // 159 apiextensions/v1beta1.SelectableField: jsonPath
    f(6881, 8, 1, String, ONE, 0),
    // 160 apiextensions/v1beta1.ServiceReference: namespace name path port
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0), f(9046, 4, 3, String, ONE | NULL, 0),
    f(9601, 4, 4, Int32, ONE | NULL, 0),
    // 161 apiextensions/v1beta1.ValidationRule: rule message messageExpression reason fieldPath optionalOldSelf
    f(11070, 4, 1, String, ONE, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(7821, 17, 3, String, ONE | OMIT, 0),
    f(10278, 6, 4, String, ONE | NULL, 0), f(5643, 9, 5, String, ONE | OMIT, 0), f(8867, 15, 6, Bool, ONE | NULL, 0),
    // 162 apiextensions/v1beta1.WebhookClientConfig: service caBundle url
    f(11642, 7, 1, Message, ONE | NULL, 160), f(3237, 8, 2, Bytes, ONE | OMIT | NULL, 0),
    f(13408, 3, 3, String, ONE | NULL, 0),
    // 163 apiregistration/v1.APIService: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 166), f(12097, 6, 3, Message, ONE, 167),
    // 164 apiregistration/v1.APIServiceCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 165 apiregistration/v1.APIServiceList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 163),
    // 166 apiregistration/v1.APIServiceSpec: service group version insecureSkipTLSVerify caBundle groupPriorityMinimum
    // versionPriority
    f(11642, 7, 1, Message, ONE | NULL, 168), f(6153, 5, 2, String, ONE | OMIT, 0), f(308, 7, 3, String, ONE | OMIT, 0),
    f(6674, 21, 4, Bool, ONE | OMIT, 0), f(3237, 8, 5, Bytes, ONE | OMIT | NULL, 0), HOLE,
    f(6153, 20, 7, Int32, ONE, 0), f(13574, 15, 8, Int32, ONE, 0),
    // 167 apiregistration/v1.APIServiceStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 164),
    // 168 apiregistration/v1.ServiceReference: namespace name port
    f(8112, 9, 1, String, ONE | OMIT, 0), f(6365, 4, 2, String, ONE | OMIT, 0), f(9601, 4, 3, Int32, ONE | NULL, 0),
    // 169 apiserverinternal/v1alpha1.ServerStorageVersion: apiServerID encodingVersion decodableVersions servedVersions
    f(2474, 11, 1, String, ONE | OMIT, 0), f(5074, 15, 2, String, ONE | OMIT, 0),
    f(4365, 17, 3, String, LIST | NULL, 0), f(11600, 14, 4, String, LIST | NULL, 0),
    // 170 apiserverinternal/v1alpha1.StorageVersion: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 173), f(12097, 6, 3, Message, ONE, 174),
    // 171 apiserverinternal/v1alpha1.StorageVersionCondition: type status observedGeneration lastTransitionTime reason
    // message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(8745, 18, 3, Int64, ONE | OMIT, 0),
    f(7184, 18, 4, Time, ONE, 0), f(10278, 6, 5, String, ONE, 0), f(7821, 7, 6, String, ONE | OMIT, 0),
    // 172 apiserverinternal/v1alpha1.StorageVersionList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 170),
    // 173 apiserverinternal/v1alpha1.StorageVersionSpec:
    // 174 apiserverinternal/v1alpha1.StorageVersionStatus: storageVersions commonEncodingVersion conditions
    f(12313, 15, 1, Message, LIST | NULL, 169), f(3588, 21, 2, String, ONE | NULL, 0),
    f(9651, 10, 3, Message, LIST | NULL, 171),
    // 175 apps/v1.ControllerRevision: metadata data revision
    f(7854, 8, 1, Message, ONE, 812), f(894, 4, 2, Raw, ONE, 0), f(11016, 8, 3, Int64, ONE, 0),
    // 176 apps/v1.ControllerRevisionList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 175),
    // 177 apps/v1.DaemonSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 180), f(12097, 6, 3, Message, ONE, 181),
    // 178 apps/v1.DaemonSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 179 apps/v1.DaemonSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 177),
    // 180 apps/v1.DaemonSetSpec: selector template updateStrategy minReadySeconds revisionHistoryLimit
    f(11556, 8, 1, Message, ONE | NULL, 807), f(12809, 8, 2, Message, ONE, 556), f(13335, 14, 3, Message, ONE, 182),
    f(7952, 15, 4, Int32, ONE | OMIT, 0), HOLE, f(11016, 20, 6, Int32, ONE | NULL, 0),
    // 181 apps/v1.DaemonSetStatus: currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady
    // observedGeneration updatedNumberScheduled numberAvailable numberUnavailable collisionCount conditions
    f(4206, 22, 1, Int32, ONE, 0), f(8673, 18, 2, Int32, ONE, 0), f(4697, 22, 3, Int32, ONE, 0),
    f(8692, 11, 4, Int32, ONE, 0), f(8745, 18, 5, Int64, ONE | OMIT, 0), f(13369, 22, 6, Int32, ONE | OMIT, 0),
    f(8657, 15, 7, Int32, ONE | OMIT, 0), f(8704, 17, 8, Int32, ONE | OMIT, 0), f(3565, 14, 9, Int32, ONE | NULL, 0),
    f(9651, 10, 10, Message, LIST | NULL, 178),
    // 182 apps/v1.DaemonSetUpdateStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 194),
    // 183 apps/v1.Deployment: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 186), f(12097, 6, 3, Message, ONE, 187),
    // 184 apps/v1.DeploymentCondition: type status reason message lastUpdateTime lastTransitionTime
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), HOLE, f(10278, 6, 4, String, ONE | OMIT, 0),
    f(7821, 7, 5, String, ONE | OMIT, 0), f(7203, 14, 6, Time, ONE, 0), f(7184, 18, 7, Time, ONE, 0),
    // 185 apps/v1.DeploymentList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 183),
    // 186 apps/v1.DeploymentSpec: replicas selector template strategy minReadySeconds revisionHistoryLimit paused
    // progressDeadlineSeconds
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(12386, 8, 4, Message, ONE, 188), f(7952, 15, 5, Int32, ONE | OMIT, 0), f(11016, 20, 6, Int32, ONE | NULL, 0),
    f(9079, 6, 7, Bool, ONE | OMIT, 0), HOLE, f(9905, 23, 9, Int32, ONE | NULL, 0),
    // 187 apps/v1.DeploymentStatus: observedGeneration replicas updatedReplicas availableReplicas unavailableReplicas
    // conditions readyReplicas collisionCount terminatingReplicas
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(10398, 8, 2, Int32, ONE | OMIT, 0), f(13392, 15, 3, Int32, ONE | OMIT, 0),
    f(13199, 17, 4, Int32, ONE | OMIT, 0), f(13197, 19, 5, Int32, ONE | OMIT, 0),
    f(9651, 10, 6, Message, LIST | NULL, 184), f(10264, 13, 7, Int32, ONE | OMIT, 0),
    f(3565, 14, 8, Int32, ONE | NULL, 0), f(12846, 19, 9, Int32, ONE | NULL, 0),
    // 188 apps/v1.DeploymentStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 195),
    // 189 apps/v1.ReplicaSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 192), f(12097, 6, 3, Message, ONE, 193),
    // 190 apps/v1.ReplicaSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 191 apps/v1.ReplicaSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 189),
    // 192 apps/v1.ReplicaSetSpec: replicas selector template minReadySeconds
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(7952, 15, 4, Int32, ONE | OMIT, 0),
    // 193 apps/v1.ReplicaSetStatus: replicas fullyLabeledReplicas observedGeneration readyReplicas availableReplicas
    // conditions terminatingReplicas
    f(10398, 8, 1, Int32, ONE, 0), f(5999, 20, 2, Int32, ONE | OMIT, 0), f(8745, 18, 3, Int64, ONE | OMIT, 0),
    f(10264, 13, 4, Int32, ONE | OMIT, 0), f(13199, 17, 5, Int32, ONE | OMIT, 0),
    f(9651, 10, 6, Message, LIST | NULL, 190), f(12846, 19, 7, Int32, ONE | NULL, 0),
    // 194 apps/v1.RollingUpdateDaemonSet: maxUnavailable maxSurge
    f(7781, 14, 1, IntOrString, ONE | NULL, 0), f(7772, 8, 2, IntOrString, ONE | NULL, 0),
    // 195 apps/v1.RollingUpdateDeployment: maxUnavailable maxSurge
    f(7781, 14, 1, IntOrString, ONE | NULL, 0), f(7772, 8, 2, IntOrString, ONE | NULL, 0),
    // 196 apps/v1.RollingUpdateStatefulSetStrategy: partition maxUnavailable
    f(9026, 9, 1, Int32, ONE | NULL, 0), f(7781, 14, 2, IntOrString, ONE | NULL, 0),
    // 197 apps/v1.StatefulSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 202), f(12097, 6, 3, Message, ONE, 203),
    // 198 apps/v1.StatefulSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 199 apps/v1.StatefulSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 197),
    // 200 apps/v1.StatefulSetOrdinals: start
    f(10960, 5, 1, Int32, ONE, 0),
    // 201 apps/v1.StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted whenScaled
    f(13887, 11, 1, String, ONE | OMIT, 0), f(13899, 10, 2, String, ONE | OMIT, 0),
    // 202 apps/v1.StatefulSetSpec: replicas selector template volumeClaimTemplates serviceName podManagementPolicy
    // updateStrategy revisionHistoryLimit minReadySeconds persistentVolumeClaimRetentionPolicy ordinals
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(13643, 20, 4, Message, LIST | NULL, 516), f(11708, 11, 5, String, ONE, 0), f(9456, 19, 6, String, ONE | OMIT, 0),
    f(13335, 14, 7, Message, ONE, 204), f(11016, 20, 8, Int32, ONE | NULL, 0), f(7952, 15, 9, Int32, ONE | OMIT, 0),
    f(9135, 36, 10, Message, ONE | NULL, 201), f(8891, 8, 11, Message, ONE | NULL, 200),
    // 203 apps/v1.StatefulSetStatus: observedGeneration replicas readyReplicas currentReplicas updatedReplicas
    // currentRevision updateRevision collisionCount conditions availableReplicas
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(10398, 8, 2, Int32, ONE, 0), f(10264, 13, 3, Int32, ONE | OMIT, 0),
    f(4229, 15, 4, Int32, ONE | OMIT, 0), f(13392, 15, 5, Int32, ONE | OMIT, 0), f(4245, 15, 6, String, ONE | OMIT, 0),
    f(13320, 14, 7, String, ONE | OMIT, 0), HOLE, f(3565, 14, 9, Int32, ONE | NULL, 0),
    f(9651, 10, 10, Message, LIST | NULL, 198), f(13199, 17, 11, Int32, ONE, 0),
    // 204 apps/v1.StatefulSetUpdateStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 196),
    // 205 apps/v1beta1.ControllerRevision: metadata data revision
    f(7854, 8, 1, Message, ONE, 812), f(894, 4, 2, Raw, ONE, 0), f(11016, 8, 3, Int64, ONE, 0),
    // 206 apps/v1beta1.ControllerRevisionList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 205),
    // 207 apps/v1beta1.Deployment: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 211), f(12097, 6, 3, Message, ONE, 212),
    // 208 apps/v1beta1.DeploymentCondition: type status reason message lastUpdateTime lastTransitionTime
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), HOLE, f(10278, 6, 4, String, ONE | OMIT, 0),
    f(7821, 7, 5, String, ONE | OMIT, 0), f(7203, 14, 6, Time, ONE, 0), f(7184, 18, 7, Time, ONE, 0),
    // 209 apps/v1beta1.DeploymentList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 207),
    // 210 apps/v1beta1.DeploymentRollback: name updatedAnnotations rollbackTo
    f(6365, 4, 1, String, ONE, 0), f(13350, 18, 2, String, MAP | NULL, 0), f(11045, 10, 3, Message, ONE, 214),
    // 211 apps/v1beta1.DeploymentSpec: replicas selector template strategy minReadySeconds revisionHistoryLimit paused
    // rollbackTo progressDeadlineSeconds
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(12386, 8, 4, Message, ONE, 213), f(7952, 15, 5, Int32, ONE | OMIT, 0), f(11016, 20, 6, Int32, ONE | NULL, 0),
    f(9079, 6, 7, Bool, ONE | OMIT, 0), f(11045, 10, 8, Message, ONE | NULL, 214), f(9905, 23, 9, Int32, ONE | NULL, 0),
    // 212 apps/v1beta1.DeploymentStatus: observedGeneration replicas updatedReplicas availableReplicas
    // unavailableReplicas conditions readyReplicas collisionCount terminatingReplicas
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(10398, 8, 2, Int32, ONE | OMIT, 0), f(13392, 15, 3, Int32, ONE | OMIT, 0),
    f(13199, 17, 4, Int32, ONE | OMIT, 0), f(13197, 19, 5, Int32, ONE | OMIT, 0),
    f(9651, 10, 6, Message, LIST | NULL, 208), f(10264, 13, 7, Int32, ONE | OMIT, 0),
    f(3565, 14, 8, Int32, ONE | NULL, 0), f(12846, 19, 9, Int32, ONE | NULL, 0),
    // 213 apps/v1beta1.DeploymentStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 215),
    // 214 apps/v1beta1.RollbackConfig: revision
    f(11016, 8, 1, Int64, ONE | OMIT, 0),
    // 215 apps/v1beta1.RollingUpdateDeployment: maxUnavailable maxSurge
    f(7781, 14, 1, IntOrString, ONE | NULL, 0), f(7772, 8, 2, IntOrString, ONE | NULL, 0),
    // 216 apps/v1beta1.RollingUpdateStatefulSetStrategy: partition maxUnavailable
    f(9026, 9, 1, Int32, ONE | NULL, 0), f(7781, 14, 2, IntOrString, ONE | NULL, 0),
    // 217 apps/v1beta1.Scale: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 218), f(12097, 6, 3, Message, ONE, 219),
    // 218 apps/v1beta1.ScaleSpec: replicas
    f(10398, 8, 1, Int32, ONE | OMIT, 0),
    // 219 apps/v1beta1.ScaleStatus: replicas selector targetSelector
    f(10398, 8, 1, Int32, ONE, 0), f(11556, 8, 2, String, MAP | NULL, 0), f(12741, 14, 3, String, ONE | OMIT, 0),
    // 220 apps/v1beta1.StatefulSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 225), f(12097, 6, 3, Message, ONE, 226),
    // 221 apps/v1beta1.StatefulSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 222 apps/v1beta1.StatefulSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 220),
    // 223 apps/v1beta1.StatefulSetOrdinals: start
    f(10960, 5, 1, Int32, ONE, 0),
    // 224 apps/v1beta1.StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted whenScaled
    f(13887, 11, 1, String, ONE | OMIT, 0), f(13899, 10, 2, String, ONE | OMIT, 0),
    // 225 apps/v1beta1.StatefulSetSpec: replicas selector template volumeClaimTemplates serviceName podManagementPolicy
    // updateStrategy revisionHistoryLimit minReadySeconds persistentVolumeClaimRetentionPolicy ordinals
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(13643, 20, 4, Message, LIST | NULL, 516), f(11708, 11, 5, String, ONE, 0), f(9456, 19, 6, String, ONE | OMIT, 0),
    f(13335, 14, 7, Message, ONE, 227), f(11016, 20, 8, Int32, ONE | NULL, 0), f(7952, 15, 9, Int32, ONE | OMIT, 0),
    f(9135, 36, 10, Message, ONE | NULL, 224), f(8891, 8, 11, Message, ONE | NULL, 223),
    // 226 apps/v1beta1.StatefulSetStatus: observedGeneration replicas readyReplicas currentReplicas updatedReplicas
    // currentRevision updateRevision collisionCount conditions availableReplicas
    f(8745, 18, 1, Int64, ONE | NULL, 0), f(10398, 8, 2, Int32, ONE, 0), f(10264, 13, 3, Int32, ONE | OMIT, 0),
    f(4229, 15, 4, Int32, ONE | OMIT, 0), f(13392, 15, 5, Int32, ONE | OMIT, 0), f(4245, 15, 6, String, ONE | OMIT, 0),
    f(13320, 14, 7, String, ONE | OMIT, 0), HOLE, f(3565, 14, 9, Int32, ONE | NULL, 0),
    f(9651, 10, 10, Message, LIST | NULL, 221), f(13199, 17, 11, Int32, ONE, 0),
    // 227 apps/v1beta1.StatefulSetUpdateStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 216),
    // 228 apps/v1beta2.ControllerRevision: metadata data revision
    f(7854, 8, 1, Message, ONE, 812), f(894, 4, 2, Raw, ONE, 0), f(11016, 8, 3, Int64, ONE, 0),
    // 229 apps/v1beta2.ControllerRevisionList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 228),
    // 230 apps/v1beta2.DaemonSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 233), f(12097, 6, 3, Message, ONE, 234),
    // 231 apps/v1beta2.DaemonSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 232 apps/v1beta2.DaemonSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 230),
    // 233 apps/v1beta2.DaemonSetSpec: selector template updateStrategy minReadySeconds revisionHistoryLimit
    f(11556, 8, 1, Message, ONE | NULL, 807), f(12809, 8, 2, Message, ONE, 556), f(13335, 14, 3, Message, ONE, 235),
    f(7952, 15, 4, Int32, ONE | OMIT, 0), HOLE, f(11016, 20, 6, Int32, ONE | NULL, 0),
    // 234 apps/v1beta2.DaemonSetStatus: currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady
    // observedGeneration updatedNumberScheduled numberAvailable numberUnavailable collisionCount conditions
    f(4206, 22, 1, Int32, ONE, 0), f(8673, 18, 2, Int32, ONE, 0), f(4697, 22, 3, Int32, ONE, 0),
    f(8692, 11, 4, Int32, ONE, 0), f(8745, 18, 5, Int64, ONE | OMIT, 0), f(13369, 22, 6, Int32, ONE | OMIT, 0),
    f(8657, 15, 7, Int32, ONE | OMIT, 0), f(8704, 17, 8, Int32, ONE | OMIT, 0), f(3565, 14, 9, Int32, ONE | NULL, 0),
    f(9651, 10, 10, Message, LIST | NULL, 231),
    // 235 apps/v1beta2.DaemonSetUpdateStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 247),
    // 236 apps/v1beta2.Deployment: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 239), f(12097, 6, 3, Message, ONE, 240),
    // 237 apps/v1beta2.DeploymentCondition: type status reason message lastUpdateTime lastTransitionTime
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), HOLE, f(10278, 6, 4, String, ONE | OMIT, 0),
    f(7821, 7, 5, String, ONE | OMIT, 0), f(7203, 14, 6, Time, ONE, 0), f(7184, 18, 7, Time, ONE, 0),
    // 238 apps/v1beta2.DeploymentList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 236),
    // 239 apps/v1beta2.DeploymentSpec: replicas selector template strategy minReadySeconds revisionHistoryLimit paused
    // progressDeadlineSeconds
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(12386, 8, 4, Message, ONE, 241), f(7952, 15, 5, Int32, ONE | OMIT, 0), f(11016, 20, 6, Int32, ONE | NULL, 0),
    f(9079, 6, 7, Bool, ONE | OMIT, 0), HOLE, f(9905, 23, 9, Int32, ONE | NULL, 0),
    // 240 apps/v1beta2.DeploymentStatus: observedGeneration replicas updatedReplicas availableReplicas
    // unavailableReplicas conditions readyReplicas collisionCount terminatingReplicas
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(10398, 8, 2, Int32, ONE | OMIT, 0), f(13392, 15, 3, Int32, ONE | OMIT, 0),
    f(13199, 17, 4, Int32, ONE | OMIT, 0), f(13197, 19, 5, Int32, ONE | OMIT, 0),
    f(9651, 10, 6, Message, LIST | NULL, 237), f(10264, 13, 7, Int32, ONE | OMIT, 0),
    f(3565, 14, 8, Int32, ONE | NULL, 0), f(12846, 19, 9, Int32, ONE | NULL, 0),
    // 241 apps/v1beta2.DeploymentStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 248),
    // 242 apps/v1beta2.ReplicaSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 245), f(12097, 6, 3, Message, ONE, 246),
    // 243 apps/v1beta2.ReplicaSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 244 apps/v1beta2.ReplicaSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 242),
    // 245 apps/v1beta2.ReplicaSetSpec: replicas selector template minReadySeconds
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(7952, 15, 4, Int32, ONE | OMIT, 0),
    // 246 apps/v1beta2.ReplicaSetStatus: replicas fullyLabeledReplicas observedGeneration readyReplicas
    // availableReplicas conditions terminatingReplicas
    f(10398, 8, 1, Int32, ONE, 0), f(5999, 20, 2, Int32, ONE | OMIT, 0), f(8745, 18, 3, Int64, ONE | OMIT, 0),
    f(10264, 13, 4, Int32, ONE | OMIT, 0), f(13199, 17, 5, Int32, ONE | OMIT, 0),
    f(9651, 10, 6, Message, LIST | NULL, 243), f(12846, 19, 7, Int32, ONE | NULL, 0),
    // 247 apps/v1beta2.RollingUpdateDaemonSet: maxUnavailable maxSurge
    f(7781, 14, 1, IntOrString, ONE | NULL, 0), f(7772, 8, 2, IntOrString, ONE | NULL, 0),
    // 248 apps/v1beta2.RollingUpdateDeployment: maxUnavailable maxSurge
    f(7781, 14, 1, IntOrString, ONE | NULL, 0), f(7772, 8, 2, IntOrString, ONE | NULL, 0),
    // 249 apps/v1beta2.RollingUpdateStatefulSetStrategy: partition maxUnavailable
    f(9026, 9, 1, Int32, ONE | NULL, 0), f(7781, 14, 2, IntOrString, ONE | NULL, 0),
    // 250 apps/v1beta2.Scale: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 251), f(12097, 6, 3, Message, ONE, 252),
    // 251 apps/v1beta2.ScaleSpec: replicas
    f(10398, 8, 1, Int32, ONE | OMIT, 0),
    // 252 apps/v1beta2.ScaleStatus: replicas selector targetSelector
    f(10398, 8, 1, Int32, ONE, 0), f(11556, 8, 2, String, MAP | NULL, 0), f(12741, 14, 3, String, ONE | OMIT, 0),
    // 253 apps/v1beta2.StatefulSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 258), f(12097, 6, 3, Message, ONE, 259),
    // 254 apps/v1beta2.StatefulSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 255 apps/v1beta2.StatefulSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 253),
    // 256 apps/v1beta2.StatefulSetOrdinals: start
    f(10960, 5, 1, Int32, ONE, 0),
    // 257 apps/v1beta2.StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted whenScaled
    f(13887, 11, 1, String, ONE | OMIT, 0), f(13899, 10, 2, String, ONE | OMIT, 0),
    // 258 apps/v1beta2.StatefulSetSpec: replicas selector template volumeClaimTemplates serviceName podManagementPolicy
    // updateStrategy revisionHistoryLimit minReadySeconds persistentVolumeClaimRetentionPolicy ordinals
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(13643, 20, 4, Message, LIST | NULL, 516), f(11708, 11, 5, String, ONE, 0), f(9456, 19, 6, String, ONE | OMIT, 0),
    f(13335, 14, 7, Message, ONE, 260), f(11016, 20, 8, Int32, ONE | NULL, 0), f(7952, 15, 9, Int32, ONE | OMIT, 0),
    f(9135, 36, 10, Message, ONE | NULL, 257), f(8891, 8, 11, Message, ONE | NULL, 256),
    // 259 apps/v1beta2.StatefulSetStatus: observedGeneration replicas readyReplicas currentReplicas updatedReplicas
    // currentRevision updateRevision collisionCount conditions availableReplicas
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(10398, 8, 2, Int32, ONE, 0), f(10264, 13, 3, Int32, ONE | OMIT, 0),
    f(4229, 15, 4, Int32, ONE | OMIT, 0), f(13392, 15, 5, Int32, ONE | OMIT, 0), f(4245, 15, 6, String, ONE | OMIT, 0),
    f(13320, 14, 7, String, ONE | OMIT, 0), HOLE, f(3565, 14, 9, Int32, ONE | NULL, 0),
    f(9651, 10, 10, Message, LIST | NULL, 254), f(13199, 17, 11, Int32, ONE, 0),
    // 260 apps/v1beta2.StatefulSetUpdateStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 249),
    // 261 authentication/v1.BoundObjectReference: kind apiVersion name uid
    f(6928, 4, 1, String, ONE | OMIT, 0), f(2486, 10, 2, String, ONE | OMIT, 0), f(6365, 4, 3, String, ONE | OMIT, 0),
    f(13174, 3, 4, String, ONE | OMIT, 0),
    // 262 authentication/v1.SelfSubjectReview: metadata status
    f(7854, 8, 1, Message, ONE, 812), f(12097, 6, 2, Message, ONE, 263),
    // 263 authentication/v1.SelfSubjectReviewStatus: userInfo
    f(13435, 8, 1, Message, ONE, 270),
    // 264 authentication/v1.TokenRequest: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 265), f(12097, 6, 3, Message, ONE, 266),
    // 265 authentication/v1.TokenRequestSpec: audiences boundObjectRef expirationSeconds
    f(2781, 9, 1, String, LIST | NULL, 0), HOLE, f(3222, 14, 3, Message, ONE | NULL, 261),
    f(5348, 17, 4, Int64, ONE | NULL, 0),
    // 266 authentication/v1.TokenRequestStatus: token expirationTimestamp
    f(12995, 5, 1, String, ONE, 0), f(5366, 19, 2, Time, ONE, 0),
    // 267 authentication/v1.TokenReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 268), f(12097, 6, 3, Message, ONE, 269),
    // 268 authentication/v1.TokenReviewSpec: token audiences
    f(12995, 5, 1, String, ONE | OMIT, 0), f(2781, 9, 2, String, LIST | NULL, 0),
    // 269 authentication/v1.TokenReviewStatus: authenticated user error audiences
    f(2808, 13, 1, Bool, ONE | OMIT, 0), f(13419, 4, 2, Message, ONE, 270), f(5177, 5, 3, String, ONE | OMIT, 0),
    f(2781, 9, 4, String, LIST | NULL, 0),
    // 270 authentication/v1.UserInfo: username uid groups extra
    f(13459, 8, 1, String, ONE | OMIT, 0), f(13174, 3, 2, String, ONE | OMIT, 0), f(6187, 6, 3, String, LIST | NULL, 0),
    f(5544, 5, 4, Strings, MAP | NULL, 0),
    // 271 authentication/v1alpha1.SelfSubjectReview: metadata status
    f(7854, 8, 1, Message, ONE, 812), f(12097, 6, 2, Message, ONE, 272),
    // 272 authentication/v1alpha1.SelfSubjectReviewStatus: userInfo
    f(13435, 8, 1, Message, ONE, 270),
    // 273 authentication/v1beta1.SelfSubjectReview: metadata status
    f(7854, 8, 1, Message, ONE, 812), f(12097, 6, 2, Message, ONE, 274),
    // 274 authentication/v1beta1.SelfSubjectReviewStatus: userInfo
    f(13435, 8, 1, Message, ONE, 270),
    // 275 authentication/v1beta1.TokenReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 276), f(12097, 6, 3, Message, ONE, 277),
    // 276 authentication/v1beta1.TokenReviewSpec: token audiences
    f(12995, 5, 1, String, ONE | OMIT, 0), f(2781, 9, 2, String, LIST | NULL, 0),
    // 277 authentication/v1beta1.TokenReviewStatus: authenticated user error audiences
    f(2808, 13, 1, Bool, ONE | OMIT, 0), f(13419, 4, 2, Message, ONE, 278), f(5177, 5, 3, String, ONE | OMIT, 0),
    f(2781, 9, 4, String, LIST | NULL, 0),
    // 278 authentication/v1beta1.UserInfo: username uid groups extra
    f(13459, 8, 1, String, ONE | OMIT, 0), f(13174, 3, 2, String, ONE | OMIT, 0), f(6187, 6, 3, String, LIST | NULL, 0),
    f(5544, 5, 4, Strings, MAP | NULL, 0),
    // 279 authorization/v1.FieldSelectorAttributes: rawSelector requirements
    f(10126, 11, 1, String, ONE | OMIT, 0), f(10620, 12, 2, Message, LIST | NULL, 801),
    // 280 authorization/v1.LabelSelectorAttributes: rawSelector requirements
    f(10126, 11, 1, String, ONE | OMIT, 0), f(10620, 12, 2, Message, LIST | NULL, 808),
    // 281 authorization/v1.LocalSubjectAccessReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 291), f(12097, 6, 3, Message, ONE, 292),
    // 282 authorization/v1.NonResourceAttributes: path verb
    f(9046, 4, 1, String, ONE | OMIT, 0), f(13568, 4, 2, String, ONE | OMIT, 0),
    // 283 authorization/v1.NonResourceRule: verbs nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), f(8590, 15, 2, String, LIST | NULL, 0),
    // 284 authorization/v1.ResourceAttributes: namespace verb group version resource subresource name fieldSelector
    // labelSelector
    f(8112, 9, 1, String, ONE | OMIT, 0), f(13568, 4, 2, String, ONE | OMIT, 0), f(6153, 5, 3, String, ONE | OMIT, 0),
    f(308, 7, 4, String, ONE | OMIT, 0), f(10676, 8, 5, String, ONE | OMIT, 0), f(12482, 11, 6, String, ONE | OMIT, 0),
    f(6365, 4, 7, String, ONE | OMIT, 0), f(5662, 13, 8, Message, ONE | NULL, 279),
    f(6998, 13, 9, Message, ONE | NULL, 280),
    // 285 authorization/v1.ResourceRule: verbs apiGroups resources resourceNames
    f(13568, 5, 1, String, LIST | NULL, 0), f(2464, 9, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(10877, 13, 4, String, LIST | NULL, 0),
    // 286 authorization/v1.SelfSubjectAccessReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 287), f(12097, 6, 3, Message, ONE, 292),
    // 287 authorization/v1.SelfSubjectAccessReviewSpec: resourceAttributes nonResourceAttributes
    f(10749, 18, 1, Message, ONE | NULL, 284), f(8551, 21, 2, Message, ONE | NULL, 282),
    // 288 authorization/v1.SelfSubjectRulesReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 289), f(12097, 6, 3, Message, ONE, 293),
    // 289 authorization/v1.SelfSubjectRulesReviewSpec: namespace
    f(8112, 9, 1, String, ONE | OMIT, 0),
    // 290 authorization/v1.SubjectAccessReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 291), f(12097, 6, 3, Message, ONE, 292),
    // 291 authorization/v1.SubjectAccessReviewSpec: resourceAttributes nonResourceAttributes user groups extra uid
    f(10749, 18, 1, Message, ONE | NULL, 284), f(8551, 21, 2, Message, ONE | NULL, 282),
    f(13419, 4, 3, String, ONE | OMIT, 0), f(6187, 6, 4, String, LIST | NULL, 0), f(5544, 5, 5, Strings, MAP | NULL, 0),
    f(13174, 3, 6, String, ONE | OMIT, 0),
    // 292 authorization/v1.SubjectAccessReviewStatus: allowed reason evaluationError denied
    f(2428, 7, 1, Bool, ONE, 0), f(10278, 6, 2, String, ONE | OMIT, 0), f(5187, 15, 3, String, ONE | OMIT, 0),
    f(4496, 6, 4, Bool, ONE | OMIT, 0),
    // 293 authorization/v1.SubjectRulesReviewStatus: resourceRules nonResourceRules incomplete evaluationError
    f(10891, 13, 1, Message, LIST | NULL, 285), f(8573, 16, 2, Message, LIST | NULL, 283), f(6558, 10, 3, Bool, ONE, 0),
    f(5187, 15, 4, String, ONE | OMIT, 0),
    // 294 authorization/v1beta1.LocalSubjectAccessReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 304), f(12097, 6, 3, Message, ONE, 305),
    // 295 authorization/v1beta1.NonResourceAttributes: path verb
    f(9046, 4, 1, String, ONE | OMIT, 0), f(13568, 4, 2, String, ONE | OMIT, 0),
    // 296 authorization/v1beta1.NonResourceRule: verbs nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), f(8590, 15, 2, String, LIST | NULL, 0),
    // 297 authorization/v1beta1.ResourceAttributes: namespace verb group version resource subresource name
    // fieldSelector labelSelector
    f(8112, 9, 1, String, ONE | OMIT, 0), f(13568, 4, 2, String, ONE | OMIT, 0), f(6153, 5, 3, String, ONE | OMIT, 0),
    f(308, 7, 4, String, ONE | OMIT, 0), f(10676, 8, 5, String, ONE | OMIT, 0), f(12482, 11, 6, String, ONE | OMIT, 0),
    f(6365, 4, 7, String, ONE | OMIT, 0), f(5662, 13, 8, Message, ONE | NULL, 279),
    f(6998, 13, 9, Message, ONE | NULL, 280),
    // 298 authorization/v1beta1.ResourceRule: verbs apiGroups resources resourceNames
    f(13568, 5, 1, String, LIST | NULL, 0), f(2464, 9, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(10877, 13, 4, String, LIST | NULL, 0),
    // 299 authorization/v1beta1.SelfSubjectAccessReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 300), f(12097, 6, 3, Message, ONE, 305),
    // 300 authorization/v1beta1.SelfSubjectAccessReviewSpec: resourceAttributes nonResourceAttributes
    f(10749, 18, 1, Message, ONE | NULL, 297), f(8551, 21, 2, Message, ONE | NULL, 295),
    // 301 authorization/v1beta1.SelfSubjectRulesReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 302), f(12097, 6, 3, Message, ONE, 306),
    // 302 authorization/v1beta1.SelfSubjectRulesReviewSpec: namespace
    f(8112, 9, 1, String, ONE | OMIT, 0),
    // 303 authorization/v1beta1.SubjectAccessReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 304), f(12097, 6, 3, Message, ONE, 305),
    // 304 authorization/v1beta1.SubjectAccessReviewSpec: resourceAttributes nonResourceAttributes user group extra uid
    f(10749, 18, 1, Message, ONE | NULL, 297), f(8551, 21, 2, Message, ONE | NULL, 295),
    f(13419, 4, 3, String, ONE | OMIT, 0), f(6153, 5, 4, String, LIST | NULL, 0), f(5544, 5, 5, Strings, MAP | NULL, 0),
    f(13174, 3, 6, String, ONE | OMIT, 0),
    // 305 authorization/v1beta1.SubjectAccessReviewStatus: allowed reason evaluationError denied
    f(2428, 7, 1, Bool, ONE, 0), f(10278, 6, 2, String, ONE | OMIT, 0), f(5187, 15, 3, String, ONE | OMIT, 0),
    f(4496, 6, 4, Bool, ONE | OMIT, 0),
    // 306 authorization/v1beta1.SubjectRulesReviewStatus: resourceRules nonResourceRules incomplete evaluationError
    f(10891, 13, 1, Message, LIST | NULL, 298), f(8573, 16, 2, Message, LIST | NULL, 296), f(6558, 10, 3, Bool, ONE, 0),
    f(5187, 15, 4, String, ONE | OMIT, 0),
    // 307 autoscaling/v1.CrossVersionObjectReference: kind name apiVersion
    f(6928, 4, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0), f(2486, 10, 3, String, ONE | OMIT, 0),
    // 308 autoscaling/v1.HorizontalPodAutoscaler: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 310), f(12097, 6, 3, Message, ONE, 311),
    // 309 autoscaling/v1.HorizontalPodAutoscalerList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 308),
    // 310 autoscaling/v1.HorizontalPodAutoscalerSpec: scaleTargetRef minReplicas maxReplicas
    // targetCPUUtilizationPercentage
    f(11173, 14, 1, Message, ONE, 307), f(7968, 11, 2, Int32, ONE | NULL, 0), f(7752, 11, 3, Int32, ONE, 0),
    f(12667, 30, 4, Int32, ONE | NULL, 0),
    // 311 autoscaling/v1.HorizontalPodAutoscalerStatus: observedGeneration lastScaleTime currentReplicas
    // desiredReplicas currentCPUUtilizationPercentage
    f(8745, 18, 1, Int64, ONE | NULL, 0), f(7110, 13, 2, Time, ONE | NULL, 0), f(4229, 15, 3, Int32, ONE, 0),
    f(4720, 15, 4, Int32, ONE, 0), f(4144, 31, 5, Int32, ONE | NULL, 0),
    // 312 autoscaling/v1.Scale: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 313), f(12097, 6, 3, Message, ONE, 314),
    // 313 autoscaling/v1.ScaleSpec: replicas
    f(10398, 8, 1, Int32, ONE | OMIT, 0),
    // 314 autoscaling/v1.ScaleStatus: replicas selector
    f(10398, 8, 1, Int32, ONE, 0), f(11556, 8, 2, String, ONE | OMIT, 0),
    // 315 autoscaling/v2.ContainerResourceMetricSource: name target container
    f(6365, 4, 1, String, ONE, 0), f(12667, 6, 2, Message, ONE, 331), f(3799, 9, 3, String, ONE, 0),
    // 316 autoscaling/v2.ContainerResourceMetricStatus: name current container
    f(6365, 4, 1, String, ONE, 0), f(4144, 7, 2, Message, ONE, 332), f(3799, 9, 3, String, ONE, 0),
    // 317 autoscaling/v2.CrossVersionObjectReference: kind name apiVersion
    f(6928, 4, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0), f(2486, 10, 3, String, ONE | OMIT, 0),
    // 318 autoscaling/v2.ExternalMetricSource: metric target
    f(7863, 6, 1, Message, ONE, 328), f(12667, 6, 2, Message, ONE, 331),
    // 319 autoscaling/v2.ExternalMetricStatus: metric current
    f(7863, 6, 1, Message, ONE, 328), f(4144, 7, 2, Message, ONE, 332),
    // 320 autoscaling/v2.HPAScalingPolicy: type value periodSeconds
    f(13161, 4, 1, String, ONE, 0), f(13525, 5, 2, Int32, ONE, 0), f(9121, 13, 3, Int32, ONE, 0),
    // 321 autoscaling/v2.HPAScalingRules: selectPolicy policies stabilizationWindowSeconds tolerance
    f(11526, 12, 1, String, ONE | NULL, 0), f(9529, 8, 2, Message, LIST | NULL, 320),
    f(12007, 26, 3, Int32, ONE | NULL, 0), f(13009, 9, 4, Quantity, ONE | NULL, 0),
    // 322 autoscaling/v2.HorizontalPodAutoscaler: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 326), f(12097, 6, 3, Message, ONE, 327),
    // 323 autoscaling/v2.HorizontalPodAutoscalerBehavior: scaleUp scaleDown
    f(11188, 7, 1, Message, ONE | NULL, 321), f(11155, 9, 2, Message, ONE | NULL, 321),
    // 324 autoscaling/v2.HorizontalPodAutoscalerCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 325 autoscaling/v2.HorizontalPodAutoscalerList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 322),
    // 326 autoscaling/v2.HorizontalPodAutoscalerSpec: scaleTargetRef minReplicas maxReplicas metrics behavior
    f(11173, 14, 1, Message, ONE, 317), f(7968, 11, 2, Int32, ONE | NULL, 0), f(7752, 11, 3, Int32, ONE, 0),
    f(7863, 7, 4, Message, LIST | NULL, 329), f(3079, 8, 5, Message, ONE | NULL, 323),
    // 327 autoscaling/v2.HorizontalPodAutoscalerStatus: observedGeneration lastScaleTime currentReplicas
    // desiredReplicas currentMetrics conditions
    f(8745, 18, 1, Int64, ONE | NULL, 0), f(7110, 13, 2, Time, ONE | NULL, 0), f(4229, 15, 3, Int32, ONE | OMIT, 0),
    f(4720, 15, 4, Int32, ONE, 0), f(4191, 14, 5, Message, LIST | NULL, 330), f(9651, 10, 6, Message, LIST | NULL, 324),
    // 328 autoscaling/v2.MetricIdentifier: name selector
    f(6365, 4, 1, String, ONE, 0), f(11556, 8, 2, Message, ONE | NULL, 807),
    // 329 autoscaling/v2.MetricSpec: type object pods resource external containerResource
    f(13161, 4, 1, String, ONE, 0), f(8722, 6, 2, Message, ONE | NULL, 333), f(9524, 4, 3, Message, ONE | NULL, 335),
    f(10676, 8, 4, Message, ONE | NULL, 337), f(5473, 8, 5, Message, ONE | NULL, 318), HOLE,
    f(3839, 17, 7, Message, ONE | NULL, 315),
    // 330 autoscaling/v2.MetricStatus: type object pods resource external containerResource
    f(13161, 4, 1, String, ONE, 0), f(8722, 6, 2, Message, ONE | NULL, 334), f(9524, 4, 3, Message, ONE | NULL, 336),
    f(10676, 8, 4, Message, ONE | NULL, 338), f(5473, 8, 5, Message, ONE | NULL, 319), HOLE,
    f(3839, 17, 7, Message, ONE | NULL, 316),
    // 331 autoscaling/v2.MetricTarget: type value averageValue averageUtilization
    f(13161, 4, 1, String, ONE, 0), f(13525, 5, 2, Quantity, ONE | NULL, 0), f(2961, 12, 3, Quantity, ONE | NULL, 0),
    f(2942, 18, 4, Int32, ONE | NULL, 0),
    // 332 autoscaling/v2.MetricValueStatus: value averageValue averageUtilization
    f(13525, 5, 1, Quantity, ONE | NULL, 0), f(2961, 12, 2, Quantity, ONE | NULL, 0),
    f(2942, 18, 3, Int32, ONE | NULL, 0),
    // 333 autoscaling/v2.ObjectMetricSource: describedObject target metric
    f(4636, 15, 1, Message, ONE, 317), f(12667, 6, 2, Message, ONE, 331), f(7863, 6, 3, Message, ONE, 328),
    // 334 autoscaling/v2.ObjectMetricStatus: metric current describedObject
    f(7863, 6, 1, Message, ONE, 328), f(4144, 7, 2, Message, ONE, 332), f(4636, 15, 3, Message, ONE, 317),
    // 335 autoscaling/v2.PodsMetricSource: metric target
    f(7863, 6, 1, Message, ONE, 328), f(12667, 6, 2, Message, ONE, 331),
    // 336 autoscaling/v2.PodsMetricStatus: metric current
    f(7863, 6, 1, Message, ONE, 328), f(4144, 7, 2, Message, ONE, 332),
    // 337 autoscaling/v2.ResourceMetricSource: name target
    f(6365, 4, 1, String, ONE, 0), f(12667, 6, 2, Message, ONE, 331),
    // 338 autoscaling/v2.ResourceMetricStatus: name current
    f(6365, 4, 1, String, ONE, 0), f(4144, 7, 2, Message, ONE, 332),
    // 339 batch/v1.CronJob: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 341), f(12097, 6, 3, Message, ONE, 342),
    // 340 batch/v1.CronJobList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 339),
    // 341 batch/v1.CronJobSpec: schedule startingDeadlineSeconds concurrencyPolicy suspend jobTemplate
    // successfulJobsHistoryLimit failedJobsHistoryLimit timeZone
    f(8682, 8, 1, String, ONE, 0), f(12054, 23, 2, Int64, ONE | NULL, 0), f(3679, 17, 3, String, ONE | OMIT, 0),
    f(12618, 7, 4, Bool, ONE | NULL, 0), f(6859, 11, 5, Message, ONE, 348), f(12566, 26, 6, Int32, ONE | NULL, 0),
    f(5564, 22, 7, Int32, ONE | NULL, 0), f(12954, 8, 8, String, ONE | NULL, 0),
    // 342 batch/v1.CronJobStatus: active lastScheduleTime lastSuccessfulTime
    f(1889, 6, 1, Message, LIST | NULL, 514), HOLE, HOLE, f(7124, 16, 4, Time, ONE | NULL, 0),
    f(7151, 18, 5, Time, ONE | NULL, 0),
    // 343 batch/v1.Job: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 346), f(12097, 6, 3, Message, ONE, 347),
    // 344 batch/v1.JobCondition: type status lastProbeTime lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7096, 13, 3, Time, ONE, 0),
    f(7184, 18, 4, Time, ONE, 0), f(10278, 6, 5, String, ONE | OMIT, 0), f(7821, 7, 6, String, ONE | OMIT, 0),
    // 345 batch/v1.JobList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 343),
    // 346 batch/v1.JobSpec: parallelism completions activeDeadlineSeconds selector manualSelector template backoffLimit
    // ttlSecondsAfterFinished completionMode suspend podFailurePolicy backoffLimitPerIndex maxFailedIndexes
    // podReplacementPolicy managedBy successPolicy
    f(8950, 11, 1, Int32, ONE | NULL, 0), f(3657, 11, 2, Int32, ONE | NULL, 0), f(1889, 21, 3, Int64, ONE | NULL, 0),
    f(11556, 8, 4, Message, ONE | NULL, 807), f(7488, 14, 5, Bool, ONE | NULL, 0), f(12809, 8, 6, Message, ONE, 556),
    f(3023, 12, 7, Int32, ONE | NULL, 0), f(13133, 23, 8, Int32, ONE | NULL, 0), f(3627, 14, 9, String, ONE | NULL, 0),
    f(12618, 7, 10, Bool, ONE | NULL, 0), f(9336, 16, 11, Message, ONE | NULL, 349),
    f(3023, 20, 12, Int32, ONE | NULL, 0), f(7681, 16, 13, Int32, ONE | NULL, 0),
    f(9484, 20, 14, String, ONE | NULL, 0), f(7456, 9, 15, String, ONE | NULL, 0),
    f(12535, 13, 16, Message, ONE | NULL, 353),
    // 347 batch/v1.JobStatus: conditions startTime completionTime active succeeded failed completedIndexes
    // uncountedTerminatedPods ready failedIndexes terminating
    f(9651, 10, 1, Message, LIST | NULL, 344), f(12034, 9, 2, Time, ONE | NULL, 0), f(3642, 14, 3, Time, ONE | NULL, 0),
    f(1889, 6, 4, Int32, ONE | OMIT, 0), f(12503, 9, 5, Int32, ONE | OMIT, 0), f(5550, 6, 6, Int32, ONE | OMIT, 0),
    f(3610, 16, 7, String, ONE | OMIT, 0), f(13217, 23, 8, Message, ONE | NULL, 355),
    f(10264, 5, 9, Int32, ONE | NULL, 0), f(5550, 13, 10, String, ONE | NULL, 0),
    f(12846, 11, 11, Int32, ONE | NULL, 0),
    // 348 batch/v1.JobTemplateSpec: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 346),
    // 349 batch/v1.PodFailurePolicy: rules
    f(11070, 5, 1, Message, LIST | NULL, 352),
    // 350 batch/v1.PodFailurePolicyOnExitCodesRequirement: containerName operator values
    f(3811, 13, 1, String, ONE | NULL, 0), f(8858, 8, 2, String, ONE, 0), f(13551, 6, 3, Int32, LIST | NULL, 0),
    // 351 batch/v1.PodFailurePolicyOnPodConditionsPattern: type status
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0),
    // 352 batch/v1.PodFailurePolicyRule: action onExitCodes onPodConditions
    f(1882, 6, 1, String, ONE, 0), f(8774, 11, 2, Message, ONE | NULL, 350), f(8786, 15, 3, Message, LIST | NULL, 351),
    // 353 batch/v1.SuccessPolicy: rules
    f(11070, 5, 1, Message, LIST | NULL, 354),
    // 354 batch/v1.SuccessPolicyRule: succeededIndexes succeededCount
    f(12518, 16, 1, String, ONE | NULL, 0), f(12503, 14, 2, Int32, ONE | NULL, 0),
    // 355 batch/v1.UncountedTerminatedPods: succeeded failed
    f(12503, 9, 1, String, LIST | NULL, 0), f(5550, 6, 2, String, LIST | NULL, 0),
    // 356 batch/v1beta1.CronJob: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 358), f(12097, 6, 3, Message, ONE, 359),
    // 357 batch/v1beta1.CronJobList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 356),
    // 358 batch/v1beta1.CronJobSpec: schedule startingDeadlineSeconds concurrencyPolicy suspend jobTemplate
    // successfulJobsHistoryLimit failedJobsHistoryLimit timeZone
    f(8682, 8, 1, String, ONE, 0), f(12054, 23, 2, Int64, ONE | NULL, 0), f(3679, 17, 3, String, ONE | OMIT, 0),
    f(12618, 7, 4, Bool, ONE | NULL, 0), f(6859, 11, 5, Message, ONE, 360), f(12566, 26, 6, Int32, ONE | NULL, 0),
    f(5564, 22, 7, Int32, ONE | NULL, 0), f(12954, 8, 8, String, ONE | NULL, 0),
    // 359 batch/v1beta1.CronJobStatus: active lastScheduleTime lastSuccessfulTime
    f(1889, 6, 1, Message, LIST | NULL, 514), HOLE, HOLE, f(7124, 16, 4, Time, ONE | NULL, 0),
    f(7151, 18, 5, Time, ONE | NULL, 0),
    // 360 batch/v1beta1.JobTemplateSpec: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 346),
    // 361 certificates/v1.CertificateSigningRequest: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 364), f(12097, 6, 3, Message, ONE, 365),
    // 362 certificates/v1.CertificateSigningRequestCondition: type reason message lastUpdateTime lastTransitionTime
    // status
    f(13161, 4, 1, String, ONE, 0), f(10278, 6, 2, String, ONE | OMIT, 0), f(7821, 7, 3, String, ONE | OMIT, 0),
    f(7203, 14, 4, Time, ONE, 0), f(7184, 18, 5, Time, ONE, 0), f(12097, 6, 6, String, ONE, 0),
    // 363 certificates/v1.CertificateSigningRequestList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 361),
    // 364 certificates/v1.CertificateSigningRequestSpec: request username uid groups usages extra signerName
    // expirationSeconds
    f(10475, 7, 1, Bytes, ONE | NULL, 0), f(13459, 8, 2, String, ONE | OMIT, 0), f(13174, 3, 3, String, ONE | OMIT, 0),
    f(6187, 6, 4, String, LIST | NULL, 0), f(13412, 6, 5, String, LIST | NULL, 0),
    f(5544, 5, 6, Strings, MAP | NULL, 0), f(11889, 10, 7, String, ONE, 0), f(5348, 17, 8, Int32, ONE | NULL, 0),
    // 365 certificates/v1.CertificateSigningRequestStatus: conditions certificate
    f(9651, 10, 1, Message, LIST | NULL, 362), f(3312, 11, 2, Bytes, ONE | OMIT | NULL, 0),
    // 366 certificates/v1alpha1.ClusterTrustBundle: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 368),
    // 367 certificates/v1alpha1.ClusterTrustBundleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 366),
    // 368 certificates/v1alpha1.ClusterTrustBundleSpec: signerName trustBundle
    f(11889, 10, 1, String, ONE | OMIT, 0), f(13121, 11, 2, String, ONE, 0),
    // 369 certificates/v1beta1.CertificateSigningRequest: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 372), f(12097, 6, 3, Message, ONE, 373),
    // 370 certificates/v1beta1.CertificateSigningRequestCondition: type reason message lastUpdateTime
    // lastTransitionTime status
    f(13161, 4, 1, String, ONE, 0), f(10278, 6, 2, String, ONE | OMIT, 0), f(7821, 7, 3, String, ONE | OMIT, 0),
    f(7203, 14, 4, Time, ONE, 0), f(7184, 18, 5, Time, ONE, 0), f(12097, 6, 6, String, ONE, 0),
    // 371 certificates/v1beta1.CertificateSigningRequestList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 369),
    // 372 certificates/v1beta1.CertificateSigningRequestSpec: request username uid groups usages extra signerName
    // expirationSeconds
    f(10475, 7, 1, Bytes, ONE | NULL, 0), f(13459, 8, 2, String, ONE | OMIT, 0), f(13174, 3, 3, String, ONE | OMIT, 0),
    f(6187, 6, 4, String, LIST | NULL, 0), f(13412, 6, 5, String, LIST | NULL, 0),
    f(5544, 5, 6, Strings, MAP | NULL, 0), f(11889, 10, 7, String, ONE | NULL, 0), f(5348, 17, 8, Int32, ONE | NULL, 0),
    // 373 certificates/v1beta1.CertificateSigningRequestStatus: conditions certificate
    f(9651, 10, 1, Message, LIST | NULL, 370), f(3312, 11, 2, Bytes, ONE | OMIT | NULL, 0),
    // 374 certificates/v1beta1.ClusterTrustBundle: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 376),
    // 375 certificates/v1beta1.ClusterTrustBundleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 374),
    // 376 certificates/v1beta1.ClusterTrustBundleSpec: signerName trustBundle
    f(11889, 10, 1, String, ONE | OMIT, 0), f(13121, 11, 2, String, ONE, 0),
    // 377 certificates/v1beta1.PodCertificateRequest: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 379), f(12097, 6, 3, Message, ONE, 380),
    // 378 certificates/v1beta1.PodCertificateRequestList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 377),
    // 379 certificates/v1beta1.PodCertificateRequestSpec: signerName podName podUID serviceAccountName
    // serviceAccountUID nodeName nodeUID maxExpirationSeconds pkixPublicKey proofOfPossession unverifiedUserAnnotations
    // stubPKCS10Request
    f(11889, 10, 1, String, ONE, 0), f(9476, 7, 2, String, ONE, 0), f(9517, 6, 3, String, ONE, 0),
    f(11642, 18, 4, String, ONE, 0), f(11690, 17, 5, String, ONE, 0), f(8394, 8, 6, String, ONE, 0),
    f(8500, 7, 7, String, ONE, 0), f(7660, 20, 8, Int32, ONE | NULL, 0), f(9259, 13, 9, Bytes, ONE | NULL, 0),
    f(9939, 17, 10, Bytes, ONE | NULL, 0), f(13294, 25, 11, String, MAP | NULL, 0),
    f(12421, 17, 12, Bytes, ONE | NULL, 0),
    // 380 certificates/v1beta1.PodCertificateRequestStatus: conditions certificateChain notBefore beginRefreshAt
    // notAfter
    f(9651, 10, 1, Message, LIST | NULL, 798), f(3312, 16, 2, String, ONE | OMIT, 0), HOLE,
    f(8615, 9, 4, Time, ONE | NULL, 0), f(3064, 14, 5, Time, ONE | NULL, 0), f(8606, 8, 6, Time, ONE | NULL, 0),
    // 381 coordination/v1.Lease: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 383),
    // 382 coordination/v1.LeaseList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 381),
    // 383 coordination/v1.LeaseSpec: holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions
    // strategy preferredHolder
    f(6258, 14, 1, String, ONE | NULL, 0), f(7218, 20, 2, Int32, ONE | NULL, 0),
    f(1870, 11, 3, MicroTime, ONE | NULL, 0), f(10388, 9, 4, MicroTime, ONE | NULL, 0),
    f(7249, 16, 5, Int32, ONE | NULL, 0), f(12386, 8, 6, String, ONE | NULL, 0), f(9738, 15, 7, String, ONE | NULL, 0),
    // 384 coordination/v1alpha2.LeaseCandidate: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 386),
    // 385 coordination/v1alpha2.LeaseCandidateList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 384),
    // 386 coordination/v1alpha2.LeaseCandidateSpec: leaseName pingTime renewTime binaryVersion emulationVersion
    // strategy
    f(7239, 9, 1, String, ONE, 0), f(9250, 8, 2, MicroTime, ONE | NULL, 0), f(10388, 9, 3, MicroTime, ONE | NULL, 0),
    f(3099, 13, 4, String, ONE, 0), f(5038, 16, 5, String, ONE | OMIT, 0), f(12386, 8, 6, String, ONE | OMIT, 0),
    // 387 coordination/v1beta1.Lease: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 392),
    // 388 coordination/v1beta1.LeaseCandidate: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 390),
    // 389 coordination/v1beta1.LeaseCandidateList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 388),
    // 390 coordination/v1beta1.LeaseCandidateSpec: leaseName pingTime renewTime binaryVersion emulationVersion strategy
    f(7239, 9, 1, String, ONE, 0), f(9250, 8, 2, MicroTime, ONE | NULL, 0), f(10388, 9, 3, MicroTime, ONE | NULL, 0),
    f(3099, 13, 4, String, ONE, 0), f(5038, 16, 5, String, ONE | OMIT, 0), f(12386, 8, 6, String, ONE | OMIT, 0),
    // 391 coordination/v1beta1.LeaseList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 387),
    // 392 coordination/v1beta1.LeaseSpec: holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions
    // strategy preferredHolder
    f(6258, 14, 1, String, ONE | NULL, 0), f(7218, 20, 2, Int32, ONE | NULL, 0),
    f(1870, 11, 3, MicroTime, ONE | NULL, 0), f(10388, 9, 4, MicroTime, ONE | NULL, 0),
    f(7249, 16, 5, Int32, ONE | NULL, 0), f(12386, 8, 6, String, ONE | NULL, 0), f(9738, 15, 7, String, ONE | NULL, 0),
    // 393 core/v1.AWSElasticBlockStoreVolumeSource: volumeID fsType partition readOnly
    f(13691, 8, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0), f(9026, 9, 3, Int32, ONE | OMIT, 0),
    f(10211, 8, 4, Bool, ONE | OMIT, 0),
    // 394 core/v1.Affinity: nodeAffinity podAffinity podAntiAffinity
    f(8235, 12, 1, Message, ONE | NULL, 495), f(9280, 11, 2, Message, ONE | NULL, 529),
    f(9296, 15, 3, Message, ONE | NULL, 531),
    // 395 core/v1.AppArmorProfile: type localhostProfile
    f(13161, 4, 1, String, ONE, 0), f(7425, 16, 2, String, ONE | NULL, 0),
    // 396 core/v1.AttachedVolume: name devicePath
    f(6365, 4, 1, String, ONE, 0), f(4772, 10, 2, String, ONE, 0),
    // 397 core/v1.AzureDiskVolumeSource: diskName diskURI cachingMode fsType readOnly kind
    f(4841, 8, 1, String, ONE, 0), f(4850, 7, 2, String, ONE, 0), f(3246, 11, 3, String, ONE | NULL, 0),
    f(5992, 6, 4, String, ONE | NULL, 0), f(10211, 8, 5, Bool, ONE | NULL, 0), f(6928, 4, 6, String, ONE | NULL, 0),
    // 398 core/v1.AzureFilePersistentVolumeSource: secretName shareName readOnly secretNamespace
    f(11476, 10, 1, String, ONE, 0), f(11812, 9, 2, String, ONE, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    f(11476, 15, 4, String, ONE | NULL, 0),
    // 399 core/v1.AzureFileVolumeSource: secretName shareName readOnly
    f(11476, 10, 1, String, ONE, 0), f(11812, 9, 2, String, ONE, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    // 400 core/v1.Binding: metadata target
    f(7854, 8, 1, Message, ONE, 812), f(12667, 6, 2, Message, ONE, 514),
    // 401 core/v1.CSIPersistentVolumeSource: driver volumeHandle readOnly fsType volumeAttributes
    // controllerPublishSecretRef nodeStageSecretRef nodePublishSecretRef controllerExpandSecretRef nodeExpandSecretRef
    f(4984, 6, 1, String, ONE, 0), f(13678, 12, 2, String, ONE, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    f(5992, 6, 4, String, ONE | OMIT, 0), f(13599, 16, 5, String, MAP | NULL, 0),
    f(3945, 26, 6, Message, ONE | NULL, 592), f(8451, 18, 7, Message, ONE | NULL, 592),
    f(8412, 20, 8, Message, ONE | NULL, 592), f(3919, 25, 9, Message, ONE | NULL, 592),
    f(8358, 19, 10, Message, ONE | NULL, 592),
    // 402 core/v1.CSIVolumeSource: driver readOnly fsType volumeAttributes nodePublishSecretRef
    f(4984, 6, 1, String, ONE, 0), f(10211, 8, 2, Bool, ONE | NULL, 0), f(5992, 6, 3, String, ONE | NULL, 0),
    f(13599, 16, 4, String, MAP | NULL, 0), f(8412, 20, 5, Message, ONE | NULL, 484),
    // 403 core/v1.Capabilities: add drop
    f(1911, 3, 1, String, LIST | NULL, 0), f(5003, 4, 2, String, LIST | NULL, 0),
    // 404 core/v1.CephFSPersistentVolumeSource: monitors path user secretFile secretRef readOnly
    f(8030, 8, 1, String, LIST | NULL, 0), f(9046, 4, 2, String, ONE | OMIT, 0), f(13419, 4, 3, String, ONE | OMIT, 0),
    f(11452, 10, 4, String, ONE | OMIT, 0), f(11492, 9, 5, Message, ONE | NULL, 592),
    f(10211, 8, 6, Bool, ONE | OMIT, 0),
    // 405 core/v1.CephFSVolumeSource: monitors path user secretFile secretRef readOnly
    f(8030, 8, 1, String, LIST | NULL, 0), f(9046, 4, 2, String, ONE | OMIT, 0), f(13419, 4, 3, String, ONE | OMIT, 0),
    f(11452, 10, 4, String, ONE | OMIT, 0), f(11492, 9, 5, Message, ONE | NULL, 484),
    f(10211, 8, 6, Bool, ONE | OMIT, 0),
    // 406 core/v1.CinderPersistentVolumeSource: volumeID fsType readOnly secretRef
    f(13691, 8, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    f(11492, 9, 4, Message, ONE | NULL, 592),
    // 407 core/v1.CinderVolumeSource: volumeID fsType readOnly secretRef
    f(13691, 8, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    f(11492, 9, 4, Message, ONE | NULL, 484),
    // 408 core/v1.ClientIPConfig: timeoutSeconds
    f(12963, 14, 1, Int32, ONE | NULL, 0),
    // 409 core/v1.ClusterTrustBundleProjection: name signerName labelSelector path optional
    f(6365, 4, 1, String, ONE | NULL, 0), f(11889, 10, 2, String, ONE | NULL, 0),
    f(6998, 13, 3, Message, ONE | NULL, 807), f(9046, 4, 4, String, ONE, 0), f(8867, 8, 5, Bool, ONE | NULL, 0),
    // 410 core/v1.ComponentCondition: type status message error
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7821, 7, 3, String, ONE | OMIT, 0),
    f(5177, 5, 4, String, ONE | OMIT, 0),
    // 411 core/v1.ComponentStatus: metadata conditions
    f(7854, 8, 1, Message, ONE, 812), f(9651, 10, 2, Message, LIST | NULL, 410),
    // 412 core/v1.ComponentStatusList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 411),
    // 413 core/v1.ConfigMap: metadata data binaryData immutable
    f(7854, 8, 1, Message, ONE, 812), f(894, 4, 2, String, MAP | NULL, 0), f(3088, 10, 3, Bytes, MAP | NULL, 0),
    f(6548, 9, 4, Bool, ONE | NULL, 0),
    // 414 core/v1.ConfigMapEnvSource: (Inline) optional
    f(0, 0, 1, Inline, ONE, 484), f(8867, 8, 2, Bool, ONE | NULL, 0),
    // 415 core/v1.ConfigMapKeySelector: (Inline) key optional
    f(0, 0, 1, Inline, ONE, 484), f(6904, 3, 2, String, ONE, 0), f(8867, 8, 3, Bool, ONE | NULL, 0),
    // 416 core/v1.ConfigMapList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 413),
    // 417 core/v1.ConfigMapNodeConfigSource: namespace name uid resourceVersion kubeletConfigKey
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0), f(13174, 3, 3, String, ONE | OMIT, 0),
    f(10924, 15, 4, String, ONE | OMIT, 0), f(6950, 16, 5, String, ONE, 0),
    // 418 core/v1.ConfigMapProjection: (Inline) items optional
    f(0, 0, 1, Inline, ONE, 484), f(6853, 5, 2, Message, LIST | NULL, 473), HOLE, f(8867, 8, 4, Bool, ONE | NULL, 0),
    // 419 core/v1.ConfigMapVolumeSource: (Inline) items defaultMode optional
    f(0, 0, 1, Inline, ONE, 484), f(6853, 5, 2, Message, LIST | NULL, 473), f(4398, 11, 3, Int32, ONE | NULL, 0),
    f(8867, 8, 4, Bool, ONE | NULL, 0),
    // 420 core/v1.Container: name image command args workingDir ports env resources volumeMounts livenessProbe
    // readinessProbe lifecycle terminationMessagePath imagePullPolicy securityContext stdin stdinOnce tty envFrom
    // terminationMessagePolicy volumeDevices startupProbe resizePolicy restartPolicy restartPolicyRules
    f(6365, 4, 1, String, ONE, 0), f(6463, 5, 2, String, ONE | OMIT, 0), f(3580, 7, 3, String, LIST | NULL, 0),
    f(2667, 4, 4, String, LIST | NULL, 0), f(13943, 10, 5, String, ONE | OMIT, 0),
    f(9609, 5, 6, Message, LIST | NULL, 423), f(5122, 3, 7, Message, LIST | NULL, 444),
    f(12485, 9, 8, Message, ONE, 579), f(13732, 12, 9, Message, LIST | NULL, 620),
    f(7353, 13, 10, Message, ONE | NULL, 560), f(10249, 14, 11, Message, ONE | NULL, 560),
    f(7288, 9, 12, Message, ONE | NULL, 474), f(12896, 22, 13, String, ONE | OMIT, 0),
    f(6471, 15, 14, String, ONE | OMIT, 0), f(11510, 15, 15, Message, ONE | NULL, 594),
    f(12123, 5, 16, Bool, ONE | OMIT, 0), f(12123, 9, 17, Bool, ONE | OMIT, 0), f(13157, 3, 18, Bool, ONE | OMIT, 0),
    f(5122, 7, 19, Message, LIST | NULL, 443), f(12919, 24, 20, String, ONE | OMIT, 0),
    f(13664, 13, 21, Message, LIST | NULL, 619), f(12078, 12, 22, Message, ONE | NULL, 560),
    f(10663, 12, 23, Message, LIST | NULL, 424), f(10971, 13, 24, String, ONE | NULL, 0),
    f(10971, 18, 25, Message, LIST | NULL, 425),
    // 421 core/v1.ContainerExtendedResourceRequest: containerName resourceName requestName
    f(3811, 13, 1, String, ONE, 0), f(10877, 12, 2, String, ONE, 0), f(10503, 11, 3, String, ONE, 0),
    // 422 core/v1.ContainerImage: names sizeBytes
    f(6382, 5, 1, String, LIST | NULL, 0), f(11953, 9, 2, Int64, ONE | OMIT, 0),
    // 423 core/v1.ContainerPort: name hostPort containerPort protocol hostIP
    f(6365, 4, 1, String, ONE | OMIT, 0), f(6330, 8, 2, Int32, ONE | OMIT, 0), f(3825, 13, 3, Int32, ONE, 0),
    f(10003, 8, 4, String, ONE | OMIT, 0), f(6285, 6, 5, String, ONE | OMIT, 0),
    // 424 core/v1.ContainerResizePolicy: resourceName restartPolicy
    f(10877, 12, 1, String, ONE, 0), f(10971, 13, 2, String, ONE, 0),
    // 425 core/v1.ContainerRestartRule: action exitCodes
    f(1882, 6, 1, String, ONE | OMIT, 0), f(5325, 9, 2, Message, ONE | NULL, 426),
    // 426 core/v1.ContainerRestartRuleOnExitCodes: operator values
    f(8858, 8, 1, String, ONE | OMIT, 0), f(13551, 6, 2, Int32, LIST | NULL, 0),
    // 427 core/v1.ContainerState: waiting running terminated
    f(13828, 7, 1, Message, ONE | NULL, 430), f(11114, 7, 2, Message, ONE | NULL, 428),
    f(12835, 10, 3, Message, ONE | NULL, 429),
    // 428 core/v1.ContainerStateRunning: startedAt
    f(12044, 9, 1, Time, ONE, 0),
    // 429 core/v1.ContainerStateTerminated: exitCode signal reason message startedAt finishedAt containerID
    f(5325, 8, 1, Int32, ONE, 0), f(11882, 6, 2, Int32, ONE | OMIT, 0), f(10278, 6, 3, String, ONE | OMIT, 0),
    f(7821, 7, 4, String, ONE | OMIT, 0), f(12044, 9, 5, Time, ONE, 0), f(5734, 10, 6, Time, ONE, 0),
    f(3799, 11, 7, String, ONE | OMIT, 0),
    // 430 core/v1.ContainerStateWaiting: reason message
    f(10278, 6, 1, String, ONE | OMIT, 0), f(7821, 7, 2, String, ONE | OMIT, 0),
    // 431 core/v1.ContainerStatus: name state lastState ready restartCount image imageID containerID started
    // allocatedResources resources volumeMounts user allocatedResourcesStatus stopSignal
    f(6365, 4, 1, String, ONE, 0), f(12091, 5, 2, Message, ONE, 427), f(7141, 9, 3, Message, ONE, 427),
    f(10264, 5, 4, Bool, ONE, 0), f(10958, 12, 5, Int32, ONE, 0), f(6463, 5, 6, String, ONE, 0),
    f(6463, 7, 7, String, ONE, 0), f(3799, 11, 8, String, ONE | OMIT, 0), f(12044, 7, 9, Bool, ONE | NULL, 0),
    f(2256, 18, 10, Quantity, MAP | NULL, 0), f(12485, 9, 11, Message, ONE | NULL, 579),
    f(13732, 12, 12, Message, LIST | NULL, 621), f(13419, 4, 13, Message, ONE | NULL, 432),
    f(2256, 24, 14, Message, LIST | NULL, 580), f(12145, 10, 15, String, ONE | NULL, 0),
    // 432 core/v1.ContainerUser: linux
    f(7338, 5, 1, Message, ONE | NULL, 480),
    // 433 core/v1.DaemonEndpoint: Port
    f(1098, 4, 1, Int32, ONE, 0),
    // 434 core/v1.DownwardAPIProjection: items
    f(6853, 5, 1, Message, LIST | NULL, 435),
    // 435 core/v1.DownwardAPIVolumeFile: path fieldRef resourceFieldRef mode
    f(9046, 4, 1, String, ONE, 0), f(5653, 8, 2, Message, ONE | NULL, 513), f(10849, 16, 3, Message, ONE | NULL, 573),
    f(8006, 4, 4, Int32, ONE | NULL, 0),
    // 436 core/v1.DownwardAPIVolumeSource: items defaultMode
    f(6853, 5, 1, Message, LIST | NULL, 435), f(4398, 11, 2, Int32, ONE | NULL, 0),
    // 437 core/v1.EmptyDirVolumeSource: medium sizeLimit
    f(7814, 6, 1, String, ONE | OMIT, 0), f(11963, 9, 2, Quantity, ONE | NULL, 0),
    // 438 core/v1.EndpointAddress: ip targetRef hostname nodeName
    f(2310, 2, 1, String, ONE, 0), f(12731, 9, 2, Message, ONE | NULL, 514), f(6361, 8, 3, String, ONE | OMIT, 0),
    f(8394, 8, 4, String, ONE | NULL, 0),
    // 439 core/v1.EndpointPort: name port protocol appProtocol
    f(6365, 4, 1, String, ONE | OMIT, 0), f(9601, 4, 2, Int32, ONE, 0), f(10003, 8, 3, String, ONE | OMIT, 0),
    f(2597, 11, 4, String, ONE | NULL, 0),
    // 440 core/v1.EndpointSubset: addresses notReadyAddresses ports
    f(1985, 9, 1, Message, LIST | NULL, 438), f(8625, 17, 2, Message, LIST | NULL, 438),
    f(9609, 5, 3, Message, LIST | NULL, 439),
    // 441 core/v1.Endpoints: metadata subsets
    f(7854, 8, 1, Message, ONE, 812), f(12495, 7, 2, Message, LIST | NULL, 440),
    // 442 core/v1.EndpointsList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 441),
    // 443 core/v1.EnvFromSource: prefix configMapRef secretRef
    f(9771, 6, 1, String, ONE | OMIT, 0), f(3727, 12, 2, Message, ONE | NULL, 414),
    f(11492, 9, 3, Message, ONE | NULL, 588),
    // 444 core/v1.EnvVar: name value valueFrom
    f(6365, 4, 1, String, ONE, 0), f(13525, 5, 2, String, ONE | OMIT, 0), f(13541, 9, 3, Message, ONE | NULL, 445),
    // 445 core/v1.EnvVarSource: fieldRef resourceFieldRef configMapKeyRef secretKeyRef fileKeyRef
    f(5653, 8, 1, Message, ONE | NULL, 513), f(10849, 16, 2, Message, ONE | NULL, 573),
    f(3711, 15, 3, Message, ONE | NULL, 415), f(11463, 12, 4, Message, ONE | NULL, 589),
    f(5712, 10, 5, Message, ONE | NULL, 455),
    // 446 core/v1.EphemeralContainer: (Inline) targetContainerName
    f(0, 0, 1, Inline, ONE, 447), f(12698, 19, 2, String, ONE | OMIT, 0),
    // 447 core/v1.EphemeralContainerCommon: name image command args workingDir ports env resources volumeMounts
    // livenessProbe readinessProbe lifecycle terminationMessagePath imagePullPolicy securityContext stdin stdinOnce tty
    // envFrom terminationMessagePolicy volumeDevices startupProbe resizePolicy restartPolicy restartPolicyRules
    f(6365, 4, 1, String, ONE, 0), f(6463, 5, 2, String, ONE | OMIT, 0), f(3580, 7, 3, String, LIST | NULL, 0),
    f(2667, 4, 4, String, LIST | NULL, 0), f(13943, 10, 5, String, ONE | OMIT, 0),
    f(9609, 5, 6, Message, LIST | NULL, 423), f(5122, 3, 7, Message, LIST | NULL, 444),
    f(12485, 9, 8, Message, ONE, 579), f(13732, 12, 9, Message, LIST | NULL, 620),
    f(7353, 13, 10, Message, ONE | NULL, 560), f(10249, 14, 11, Message, ONE | NULL, 560),
    f(7288, 9, 12, Message, ONE | NULL, 474), f(12896, 22, 13, String, ONE | OMIT, 0),
    f(6471, 15, 14, String, ONE | OMIT, 0), f(11510, 15, 15, Message, ONE | NULL, 594),
    f(12123, 5, 16, Bool, ONE | OMIT, 0), f(12123, 9, 17, Bool, ONE | OMIT, 0), f(13157, 3, 18, Bool, ONE | OMIT, 0),
    f(5122, 7, 19, Message, LIST | NULL, 443), f(12919, 24, 20, String, ONE | OMIT, 0),
    f(13664, 13, 21, Message, LIST | NULL, 619), f(12078, 12, 22, Message, ONE | NULL, 560),
    f(10663, 12, 23, Message, LIST | NULL, 424), f(10971, 13, 24, String, ONE | NULL, 0),
    f(10971, 18, 25, Message, LIST | NULL, 425),
    // 448 core/v1.EphemeralVolumeSource: volumeClaimTemplate
    f(13643, 19, 1, Message, ONE | NULL, 521),
    // 449 core/v1.Event: metadata involvedObject reason message source firstTimestamp lastTimestamp count type
    // eventTime series action related reportingComponent reportingInstance
    f(7854, 8, 1, Message, ONE, 812), f(6774, 14, 2, Message, ONE, 514), f(10278, 6, 3, String, ONE | OMIT, 0),
    f(7821, 7, 4, String, ONE | OMIT, 0), f(53, 6, 5, Message, ONE, 452), f(5760, 14, 6, Time, ONE, 0),
    f(7170, 13, 7, Time, ONE, 0), f(1503, 5, 8, Int32, ONE | OMIT, 0), f(13161, 4, 9, String, ONE | OMIT, 0),
    f(5203, 9, 10, MicroTime, ONE, 0), f(11593, 6, 11, Message, ONE | NULL, 451), f(1882, 6, 12, String, ONE | OMIT, 0),
    f(10361, 7, 13, Message, ONE | NULL, 514), f(10407, 18, 14, String, ONE, 0), f(10446, 17, 15, String, ONE, 0),
    // 450 core/v1.EventList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 449),
    // 451 core/v1.EventSeries: count lastObservedTime
    f(1503, 5, 1, Int32, ONE | OMIT, 0), f(7055, 16, 2, MicroTime, ONE, 0),
    // 452 core/v1.EventSource: component host
    f(3669, 9, 1, String, ONE | OMIT, 0), f(6273, 4, 2, String, ONE | OMIT, 0),
    // 453 core/v1.ExecAction: command
    f(3580, 7, 1, String, LIST | NULL, 0),
    // 454 core/v1.FCVolumeSource: targetWWNs lun fsType readOnly wwids
    f(12788, 10, 1, String, LIST | NULL, 0), f(7442, 3, 2, Int32, ONE | NULL, 0), f(5992, 6, 3, String, ONE | OMIT, 0),
    f(10211, 8, 4, Bool, ONE | OMIT, 0), f(13967, 5, 5, String, LIST | NULL, 0),
    // 455 core/v1.FileKeySelector: volumeName path key optional
    f(13745, 10, 1, String, ONE, 0), f(9046, 4, 2, String, ONE, 0), f(6904, 3, 3, String, ONE, 0),
    f(8867, 8, 4, Bool, ONE | NULL, 0),
    // 456 core/v1.FlexPersistentVolumeSource: driver fsType secretRef readOnly options
    f(4984, 6, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0), f(11492, 9, 3, Message, ONE | NULL, 592),
    f(10211, 8, 4, Bool, ONE | OMIT, 0), f(8883, 7, 5, String, MAP | NULL, 0),
    // 457 core/v1.FlexVolumeSource: driver fsType secretRef readOnly options
    f(4984, 6, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0), f(11492, 9, 3, Message, ONE | NULL, 484),
    f(10211, 8, 4, Bool, ONE | OMIT, 0), f(8883, 7, 5, String, MAP | NULL, 0),
    // 458 core/v1.FlockerVolumeSource: datasetName datasetUUID
    f(4324, 11, 1, String, ONE | OMIT, 0), f(4336, 11, 2, String, ONE | OMIT, 0),
    // 459 core/v1.GCEPersistentDiskVolumeSource: pdName fsType partition readOnly
    f(9091, 6, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0), f(9026, 9, 3, Int32, ONE | OMIT, 0),
    f(10211, 8, 4, Bool, ONE | OMIT, 0),
    // 460 core/v1.GRPCAction: port service
    f(9601, 4, 1, Int32, ONE, 0), f(11642, 7, 2, String, ONE | NULL, 0),
    // 461 core/v1.GitRepoVolumeSource: repository revision directory
    f(10464, 10, 1, String, ONE, 0), f(11016, 8, 2, String, ONE | OMIT, 0), f(4806, 9, 3, String, ONE | OMIT, 0),
    // 462 core/v1.GlusterfsPersistentVolumeSource: endpoints path readOnly endpointsNamespace
    f(5098, 9, 1, String, ONE, 0), f(9046, 4, 2, String, ONE, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    f(5098, 18, 4, String, ONE | NULL, 0),
    // 463 core/v1.GlusterfsVolumeSource: endpoints path readOnly
    f(5098, 9, 1, String, ONE, 0), f(9046, 4, 2, String, ONE, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    // 464 core/v1.HTTPGetAction: path port host scheme httpHeaders
    f(9046, 4, 1, String, ONE | OMIT, 0), f(9601, 4, 2, IntOrString, ONE, 0), f(6273, 4, 3, String, ONE | OMIT, 0),
    f(11334, 6, 4, String, ONE | OMIT, 0), f(6402, 11, 5, Message, LIST | NULL, 465),
    // 465 core/v1.HTTPHeader: name value
    f(6365, 4, 1, String, ONE, 0), f(13525, 5, 2, String, ONE, 0),
    // 466 core/v1.HostAlias: ip hostnames
    f(2310, 2, 1, String, ONE, 0), f(6378, 9, 2, String, LIST | NULL, 0),
    // 467 core/v1.HostIP: ip
    f(2310, 2, 1, String, ONE, 0),
    // 468 core/v1.HostPathVolumeSource: path type
    f(9046, 4, 1, String, ONE, 0), f(13161, 4, 2, String, ONE | NULL, 0),
    // 469 core/v1.ISCSIPersistentVolumeSource: targetPortal iqn lun iscsiInterface fsType readOnly portals
    // chapAuthDiscovery secretRef chapAuthSession initiatorName
    f(12718, 12, 1, String, ONE, 0), f(6834, 3, 2, String, ONE, 0), f(7442, 3, 3, Int32, ONE, 0),
    f(6838, 14, 4, String, ONE | OMIT, 0), f(5992, 6, 5, String, ONE | OMIT, 0), f(10211, 8, 6, Bool, ONE | OMIT, 0),
    f(9601, 7, 7, String, LIST | NULL, 0), f(3390, 17, 8, Bool, ONE | OMIT, 0), HOLE,
    f(11492, 9, 10, Message, ONE | NULL, 592), f(3408, 15, 11, Bool, ONE | OMIT, 0),
    f(6643, 13, 12, String, ONE | NULL, 0),
    // 470 core/v1.ISCSIVolumeSource: targetPortal iqn lun iscsiInterface fsType readOnly portals chapAuthDiscovery
    // secretRef chapAuthSession initiatorName
    f(12718, 12, 1, String, ONE, 0), f(6834, 3, 2, String, ONE, 0), f(7442, 3, 3, Int32, ONE, 0),
    f(6838, 14, 4, String, ONE | OMIT, 0), f(5992, 6, 5, String, ONE | OMIT, 0), f(10211, 8, 6, Bool, ONE | OMIT, 0),
    f(9601, 7, 7, String, LIST | NULL, 0), f(3390, 17, 8, Bool, ONE | OMIT, 0), HOLE,
    f(11492, 9, 10, Message, ONE | NULL, 484), f(3408, 15, 11, Bool, ONE | OMIT, 0),
    f(6643, 13, 12, String, ONE | NULL, 0),
    // 471 core/v1.ImageVolumeSource: reference pullPolicy
    f(9680, 9, 1, String, ONE | OMIT, 0), f(10060, 10, 2, String, ONE | OMIT, 0),
    // 472 core/v1.ImageVolumeStatus: imageRef
    f(6504, 8, 1, String, ONE | OMIT, 0),
    // 473 core/v1.KeyToPath: key path mode
    f(6904, 3, 1, String, ONE, 0), f(9046, 4, 2, String, ONE, 0), f(8006, 4, 3, Int32, ONE | NULL, 0),
    // 474 core/v1.Lifecycle: postStart preStop stopSignal
    f(9630, 9, 1, Message, ONE | NULL, 475), f(9640, 7, 2, Message, ONE | NULL, 475),
    f(12145, 10, 3, String, ONE | NULL, 0),
    // 475 core/v1.LifecycleHandler: exec httpGet tcpSocket sleep
    f(5313, 4, 1, Message, ONE | NULL, 453), f(6394, 7, 2, Message, ONE | NULL, 464),
    f(12799, 9, 3, Message, ONE | NULL, 610), f(11973, 5, 4, Message, ONE | NULL, 606),
    // 476 core/v1.LimitRange: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 479),
    // 477 core/v1.LimitRangeItem: type max min default defaultRequest maxLimitRequestRatio
    f(13161, 4, 1, String, ONE, 0), f(7660, 3, 2, Quantity, MAP | NULL, 0), f(1997, 3, 3, Quantity, MAP | NULL, 0),
    f(4383, 7, 4, Quantity, MAP | NULL, 0), f(4410, 14, 5, Quantity, MAP | NULL, 0),
    f(7717, 20, 6, Quantity, MAP | NULL, 0),
    // 478 core/v1.LimitRangeList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 476),
    // 479 core/v1.LimitRangeSpec: limits
    f(7331, 6, 1, Message, LIST | NULL, 477),
    // 480 core/v1.LinuxContainerUser: uid gid supplementalGroups
    f(13174, 3, 1, Int64, ONE, 0), f(6075, 3, 2, Int64, ONE, 0), f(12593, 18, 3, Int64, LIST | NULL, 0),
    // 481 core/v1.List: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Raw, LIST | NULL, 0),
    // 482 core/v1.LoadBalancerIngress: ip hostname ipMode ports
    f(2310, 2, 1, String, ONE | OMIT, 0), f(6361, 8, 2, String, ONE | OMIT, 0), f(6823, 6, 3, String, ONE | NULL, 0),
    f(9609, 5, 4, Message, LIST | NULL, 557),
    // 483 core/v1.LoadBalancerStatus: ingress
    f(6569, 7, 1, Message, LIST | NULL, 482),
    // 484 core/v1.LocalObjectReference: name
    f(6365, 4, 1, String, ONE | OMIT, 0),
    // 485 core/v1.LocalVolumeSource: path fsType
    f(9046, 4, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | NULL, 0),
    // 486 core/v1.ModifyVolumeStatus: targetVolumeAttributesClassName status
    f(12756, 31, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE, 0),
    // 487 core/v1.NFSVolumeSource: server path readOnly
    f(5809, 6, 1, String, ONE, 0), f(9046, 4, 2, String, ONE, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    // 488 core/v1.Namespace: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 491), f(12097, 6, 3, Message, ONE, 492),
    // 489 core/v1.NamespaceCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), HOLE, f(7184, 18, 4, Time, ONE, 0),
    f(10278, 6, 5, String, ONE | OMIT, 0), f(7821, 7, 6, String, ONE | OMIT, 0),
    // 490 core/v1.NamespaceList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 488),
    // 491 core/v1.NamespaceSpec: finalizers
    f(5723, 10, 1, String, LIST | NULL, 0),
    // 492 core/v1.NamespaceStatus: phase conditions
    f(9223, 5, 1, String, ONE | OMIT, 0), f(9651, 10, 2, Message, LIST | NULL, 489),
    // 493 core/v1.Node: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 509), f(12097, 6, 3, Message, ONE, 510),
    // 494 core/v1.NodeAddress: type address
    f(13161, 4, 1, String, ONE, 0), f(1973, 7, 2, String, ONE, 0),
    // 495 core/v1.NodeAffinity: requiredDuringSchedulingIgnoredDuringExecution
    // preferredDuringSchedulingIgnoredDuringExecution
    f(10573, 46, 1, Message, ONE | NULL, 506), f(9690, 47, 2, Message, LIST | NULL, 559),
    // 496 core/v1.NodeAllocatableResourceClaimStatus: resourceClaimName containers resources
    f(10768, 17, 1, String, ONE, 0), f(3899, 10, 2, String, LIST | NULL, 0), f(12485, 9, 3, Quantity, MAP | NULL, 0),
    // 497 core/v1.NodeCondition: type status lastHeartbeatTime lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7023, 17, 3, Time, ONE, 0),
    f(7184, 18, 4, Time, ONE, 0), f(10278, 6, 5, String, ONE | OMIT, 0), f(7821, 7, 6, String, ONE | OMIT, 0),
    // 498 core/v1.NodeConfigSource: configMap
    HOLE, f(3711, 9, 2, Message, ONE | NULL, 417),
    // 499 core/v1.NodeConfigStatus: assigned active lastKnownGood error
    f(2672, 8, 1, Message, ONE | NULL, 498), f(1889, 6, 2, Message, ONE | NULL, 498),
    f(7041, 13, 3, Message, ONE | NULL, 498), f(5177, 5, 4, String, ONE | OMIT, 0),
    // 500 core/v1.NodeDaemonEndpoints: kubeletEndpoint
    f(6967, 15, 1, Message, ONE, 433),
    // 501 core/v1.NodeFeatures: supplementalGroupsPolicy
    f(12593, 24, 1, Bool, ONE | NULL, 0),
    // 502 core/v1.NodeList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 493),
    // 503 core/v1.NodeProxyOptions: path
    f(9046, 4, 1, String, ONE | OMIT, 0),
    // 504 core/v1.NodeRuntimeHandler: name features
    f(6365, 4, 1, String, ONE, 0), f(5621, 8, 2, Message, ONE | NULL, 505),
    // 505 core/v1.NodeRuntimeHandlerFeatures: recursiveReadOnlyMounts userNamespaces
    f(10299, 23, 1, Bool, ONE | NULL, 0), f(13444, 14, 2, Bool, ONE | NULL, 0),
    // 506 core/v1.NodeSelector: nodeSelectorTerms
    f(8433, 17, 1, Message, LIST | NULL, 508),
    // 507 core/v1.NodeSelectorRequirement: key operator values
    f(6904, 3, 1, String, ONE, 0), f(8858, 8, 2, String, ONE, 0), f(13551, 6, 3, String, LIST | NULL, 0),
    // 508 core/v1.NodeSelectorTerm: matchExpressions matchFields
    f(7551, 16, 1, Message, LIST | NULL, 507), f(7568, 11, 2, Message, LIST | NULL, 507),
    // 509 core/v1.NodeSpec: podCIDR externalID providerID unschedulable taints configSource podCIDRs
    f(9312, 7, 1, String, ONE | OMIT, 0), f(5486, 10, 2, String, ONE | OMIT, 0), f(10012, 10, 3, String, ONE | OMIT, 0),
    f(13280, 13, 4, Bool, ONE | OMIT, 0), f(12660, 6, 5, Message, LIST | NULL, 611),
    f(3740, 12, 6, Message, ONE | NULL, 498), f(9312, 8, 7, String, LIST | NULL, 0),
    // 510 core/v1.NodeStatus: capacity allocatable phase conditions addresses daemonEndpoints nodeInfo images
    // volumesInUse volumesAttached config runtimeHandlers features declaredFeatures
    f(3271, 8, 1, Quantity, MAP | NULL, 0), f(2171, 11, 2, Quantity, MAP | NULL, 0),
    f(9223, 5, 3, String, ONE | OMIT, 0), f(9651, 10, 4, Message, LIST | NULL, 497),
    f(1985, 9, 5, Message, LIST | NULL, 494), f(4294, 15, 6, Message, ONE, 500), f(8385, 8, 7, Message, ONE, 512),
    f(6541, 6, 8, Message, LIST | NULL, 422), f(13801, 12, 9, String, LIST | NULL, 0),
    f(13785, 15, 10, Message, LIST | NULL, 396), f(3711, 6, 11, Message, ONE | NULL, 499),
    f(11139, 15, 12, Message, LIST | NULL, 504), f(5621, 8, 13, Message, ONE | NULL, 501),
    f(4348, 16, 14, String, LIST | NULL, 0),
    // 511 core/v1.NodeSwapStatus: capacity
    f(3271, 8, 1, Int64, ONE | NULL, 0),
    // 512 core/v1.NodeSystemInfo: machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion
    // kubeletVersion kubeProxyVersion operatingSystem architecture swap
    f(7446, 9, 1, String, ONE, 0), f(12639, 10, 2, String, ONE, 0), f(3193, 6, 3, String, ONE, 0),
    f(6890, 13, 4, String, ONE, 0), f(8917, 7, 5, String, ONE, 0), f(3857, 23, 6, String, ONE, 0),
    f(6983, 14, 7, String, ONE, 0), f(6933, 16, 8, String, ONE, 0), f(8831, 15, 9, String, ONE, 0),
    f(2654, 12, 10, String, ONE, 0), f(12626, 4, 11, Message, ONE | NULL, 511),
    // 513 core/v1.ObjectFieldSelector: apiVersion fieldPath
    f(2486, 10, 1, String, ONE | OMIT, 0), f(5643, 9, 2, String, ONE, 0),
    // 514 core/v1.ObjectReference: kind namespace name uid apiVersion resourceVersion fieldPath
    f(6928, 4, 1, String, ONE | OMIT, 0), f(8112, 9, 2, String, ONE | OMIT, 0), f(6365, 4, 3, String, ONE | OMIT, 0),
    f(13174, 3, 4, String, ONE | OMIT, 0), f(2486, 10, 5, String, ONE | OMIT, 0),
    f(10924, 15, 6, String, ONE | OMIT, 0), f(5643, 9, 7, String, ONE | OMIT, 0),
    // 515 core/v1.PersistentVolume: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 525), f(12097, 6, 3, Message, ONE, 526),
    // 516 core/v1.PersistentVolumeClaim: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 519), f(12097, 6, 3, Message, ONE, 520),
    // 517 core/v1.PersistentVolumeClaimCondition: type status lastProbeTime lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7096, 13, 3, Time, ONE, 0),
    f(7184, 18, 4, Time, ONE, 0), f(10278, 6, 5, String, ONE | OMIT, 0), f(7821, 7, 6, String, ONE | OMIT, 0),
    // 518 core/v1.PersistentVolumeClaimList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 516),
    // 519 core/v1.PersistentVolumeClaimSpec: accessModes resources volumeName selector storageClassName volumeMode
    // dataSource dataSourceRef volumeAttributesClassName
    f(1858, 11, 1, String, LIST | NULL, 0), f(12485, 9, 2, Message, ONE, 624), f(13745, 10, 3, String, ONE | OMIT, 0),
    f(11556, 8, 4, Message, ONE | NULL, 807), f(12219, 16, 5, String, ONE | NULL, 0),
    f(13721, 10, 6, String, ONE | NULL, 0), f(4310, 10, 7, Message, ONE | NULL, 616),
    f(4310, 13, 8, Message, ONE | NULL, 617), f(13599, 25, 9, String, ONE | NULL, 0),
    // 520 core/v1.PersistentVolumeClaimStatus: phase accessModes capacity conditions allocatedResources
    // allocatedResourceStatuses currentVolumeAttributesClassName modifyVolumeStatus
    f(9223, 5, 1, String, ONE | OMIT, 0), f(1858, 11, 2, String, LIST | NULL, 0),
    f(3271, 8, 3, Quantity, MAP | NULL, 0), f(9651, 10, 4, Message, LIST | NULL, 517),
    f(2256, 18, 5, Quantity, MAP | NULL, 0), HOLE, f(2230, 25, 7, String, MAP | NULL, 0),
    f(4261, 32, 8, String, ONE | NULL, 0), f(8011, 18, 9, Message, ONE | NULL, 486),
    // 521 core/v1.PersistentVolumeClaimTemplate: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 519),
    // 522 core/v1.PersistentVolumeClaimVolumeSource: claimName readOnly
    f(3437, 9, 1, String, ONE, 0), f(10211, 8, 2, Bool, ONE | OMIT, 0),
    // 523 core/v1.PersistentVolumeList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 515),
    // 524 core/v1.PersistentVolumeSource: gcePersistentDisk awsElasticBlockStore hostPath glusterfs nfs rbd iscsi
    // cinder cephfs fc flocker flexVolume azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume
    // scaleIO local storageos csi
    f(6033, 17, 1, Message, ONE | NULL, 459), f(2974, 20, 2, Message, ONE | NULL, 393),
    f(6321, 8, 3, Message, ONE | NULL, 468), f(6101, 9, 4, Message, ONE | NULL, 462),
    f(8190, 3, 5, Message, ONE | NULL, 487), f(10207, 3, 6, Message, ONE | NULL, 564),
    f(6838, 5, 7, Message, ONE | NULL, 469), f(3430, 6, 8, Message, ONE | NULL, 406),
    f(3305, 6, 9, Message, ONE | NULL, 404), f(5618, 2, 10, Message, ONE | NULL, 454),
    f(5786, 7, 11, Message, ONE | NULL, 458), f(5775, 10, 12, Message, ONE | NULL, 456),
    f(3005, 9, 13, Message, ONE | NULL, 398), f(13814, 13, 14, Message, ONE | NULL, 627),
    f(10112, 7, 15, Message, ONE | NULL, 563), f(2995, 9, 16, Message, ONE | NULL, 397),
    f(9229, 20, 17, Message, ONE | NULL, 527), f(9615, 14, 18, Message, ONE | NULL, 558),
    f(11165, 7, 19, Message, ONE | NULL, 582), f(7425, 5, 20, Message, ONE | NULL, 485),
    f(12361, 9, 21, Message, ONE | NULL, 607), f(6840, 3, 22, Message, ONE | NULL, 401),
    // 525 core/v1.PersistentVolumeSpec: capacity (Inline) accessModes claimRef persistentVolumeReclaimPolicy
    // storageClassName mountOptions volumeMode nodeAffinity volumeAttributesClassName
    f(3271, 8, 1, Quantity, MAP | NULL, 0), f(0, 0, 2, Inline, ONE, 524), f(1858, 11, 3, String, LIST | NULL, 0),
    f(3447, 8, 4, Message, ONE | NULL, 514), f(9193, 29, 5, String, ONE | OMIT, 0),
    f(12219, 16, 6, String, ONE | OMIT, 0), f(8039, 12, 7, String, LIST | NULL, 0),
    f(13721, 10, 8, String, ONE | NULL, 0), f(8235, 12, 9, Message, ONE | NULL, 622),
    f(13599, 25, 10, String, ONE | NULL, 0),
    // 526 core/v1.PersistentVolumeStatus: phase message reason lastPhaseTransitionTime
    f(9223, 5, 1, String, ONE | OMIT, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(10278, 6, 3, String, ONE | OMIT, 0),
    f(7072, 23, 4, Time, ONE | NULL, 0),
    // 527 core/v1.PhotonPersistentDiskVolumeSource: pdID fsType
    f(9086, 4, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0),
    // 528 core/v1.Pod: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 551), f(12097, 6, 3, Message, ONE, 552),
    // 529 core/v1.PodAffinity: requiredDuringSchedulingIgnoredDuringExecution
    // preferredDuringSchedulingIgnoredDuringExecution
    f(10573, 46, 1, Message, LIST | NULL, 530), f(9690, 47, 2, Message, LIST | NULL, 628),
    // 530 core/v1.PodAffinityTerm: labelSelector namespaces topologyKey namespaceSelector matchLabelKeys
    // mismatchLabelKeys
    f(6998, 13, 1, Message, ONE | NULL, 807), f(8141, 10, 2, String, LIST | NULL, 0), f(13049, 11, 3, String, ONE, 0),
    f(8112, 17, 4, Message, ONE | NULL, 807), f(7991, 14, 5, String, LIST | NULL, 0),
    f(7988, 17, 6, String, LIST | NULL, 0),
    // 531 core/v1.PodAntiAffinity: requiredDuringSchedulingIgnoredDuringExecution
    // preferredDuringSchedulingIgnoredDuringExecution
    f(10573, 46, 1, Message, LIST | NULL, 530), f(9690, 47, 2, Message, LIST | NULL, 628),
    // 532 core/v1.PodAttachOptions: stdin stdout stderr tty container
    f(12123, 5, 1, Bool, ONE | OMIT, 0), f(12133, 6, 2, Bool, ONE | OMIT, 0), f(12116, 6, 3, Bool, ONE | OMIT, 0),
    f(13157, 3, 4, Bool, ONE | OMIT, 0), f(3799, 9, 5, String, ONE | OMIT, 0),
    // 533 core/v1.PodCertificateProjection: signerName keyType maxExpirationSeconds credentialBundlePath keyPath
    // certificateChainPath userAnnotations
    f(11889, 10, 1, String, ONE | OMIT, 0), f(6912, 7, 2, String, ONE | OMIT, 0), f(7660, 20, 3, Int32, ONE | NULL, 0),
    f(4123, 20, 4, String, ONE | OMIT, 0), f(6904, 7, 5, String, ONE | OMIT, 0), f(3312, 20, 6, String, ONE | OMIT, 0),
    f(13419, 15, 7, String, MAP | NULL, 0),
    // 534 core/v1.PodCondition: type status lastProbeTime lastTransitionTime reason message observedGeneration
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7096, 13, 3, Time, ONE, 0),
    f(7184, 18, 4, Time, ONE, 0), f(10278, 6, 5, String, ONE | OMIT, 0), f(7821, 7, 6, String, ONE | OMIT, 0),
    f(8745, 18, 7, Int64, ONE | OMIT, 0),
    // 535 core/v1.PodDNSConfig: nameservers searches options
    f(8100, 11, 1, String, LIST | NULL, 0), f(11420, 8, 2, String, LIST | NULL, 0),
    f(8883, 7, 3, Message, LIST | NULL, 536),
    // 536 core/v1.PodDNSConfigOption: name value
    f(6365, 4, 1, String, ONE | OMIT, 0), f(13525, 5, 2, String, ONE | NULL, 0),
    // 537 core/v1.PodExecOptions: stdin stdout stderr tty container command
    f(12123, 5, 1, Bool, ONE | OMIT, 0), f(12133, 6, 2, Bool, ONE | OMIT, 0), f(12116, 6, 3, Bool, ONE | OMIT, 0),
    f(13157, 3, 4, Bool, ONE | OMIT, 0), f(3799, 9, 5, String, ONE | OMIT, 0), f(3580, 7, 6, String, LIST | NULL, 0),
    // 538 core/v1.PodExtendedResourceClaimStatus: requestMappings resourceClaimName
    f(10487, 15, 1, Message, LIST | NULL, 421), f(10768, 17, 2, String, ONE, 0),
    // 539 core/v1.PodIP: ip
    f(2310, 2, 1, String, ONE, 0),
    // 540 core/v1.PodList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 528),
    // 541 core/v1.PodLogOptions: container follow previous sinceSeconds sinceTime timestamps tailLines limitBytes
    // insecureSkipTLSVerifyBackend stream
    f(3799, 9, 1, String, ONE | OMIT, 0), f(5905, 6, 2, Bool, ONE | OMIT, 0), f(9830, 8, 3, Bool, ONE | OMIT, 0),
    f(11900, 12, 4, Int64, ONE | NULL, 0), f(11913, 9, 5, Time, ONE | NULL, 0), f(12978, 10, 6, Bool, ONE | OMIT, 0),
    f(12650, 9, 7, Int64, ONE | NULL, 0), f(7298, 10, 8, Int64, ONE | NULL, 0), f(6674, 28, 9, Bool, ONE | OMIT, 0),
    f(12395, 6, 10, String, ONE | NULL, 0),
    // 542 core/v1.PodOS: name
    f(6365, 4, 1, String, ONE, 0),
    // 543 core/v1.PodPortForwardOptions: ports
    f(9609, 5, 1, Int32, LIST | NULL, 0),
    // 544 core/v1.PodProxyOptions: path
    f(9046, 4, 1, String, ONE | OMIT, 0),
    // 545 core/v1.PodReadinessGate: conditionType
    f(3697, 13, 1, String, ONE, 0),
    // 546 core/v1.PodResourceClaim: name resourceClaimName resourceClaimTemplateName
    f(6365, 4, 1, String, ONE, 0), HOLE, f(10768, 17, 3, String, ONE | NULL, 0), f(10808, 25, 4, String, ONE | NULL, 0),
    // 547 core/v1.PodResourceClaimStatus: name resourceClaimName
    f(6365, 4, 1, String, ONE, 0), f(10768, 17, 2, String, ONE | NULL, 0),
    // 548 core/v1.PodSchedulingGate: name
    f(6365, 4, 1, String, ONE, 0),
    // 549 core/v1.PodSchedulingGroup: podGroupName
    f(9362, 12, 1, String, ONE | NULL, 0),
    // 550 core/v1.PodSecurityContext: seLinuxOptions runAsUser runAsNonRoot supplementalGroups fsGroup runAsGroup
    // sysctls windowsOptions fsGroupChangePolicy seccompProfile appArmorProfile supplementalGroupsPolicy
    // seLinuxChangePolicy
    f(11405, 14, 1, Message, ONE | NULL, 581), f(11100, 9, 2, Int64, ONE | NULL, 0),
    f(11087, 12, 3, Bool, ONE | NULL, 0), f(12593, 18, 4, Int64, LIST | NULL, 0), f(5958, 7, 5, Int64, ONE | NULL, 0),
    f(11076, 10, 6, Int64, ONE | NULL, 0), f(12631, 7, 7, Message, LIST | NULL, 609),
    f(13928, 14, 8, Message, ONE | NULL, 629), f(5958, 19, 9, String, ONE | NULL, 0),
    f(11429, 14, 10, Message, ONE | NULL, 586), f(2581, 15, 11, Message, ONE | NULL, 395),
    f(12593, 24, 12, String, ONE | NULL, 0), f(11372, 19, 13, String, ONE | NULL, 0),
    // 551 core/v1.PodSpec: volumes containers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds
    // dnsPolicy nodeSelector serviceAccountName serviceAccount nodeName hostNetwork hostPID hostIPC securityContext
    // imagePullSecrets hostname subdomain affinity schedulerName initContainers automountServiceAccountToken
    // tolerations hostAliases priorityClassName priority dnsConfig shareProcessNamespace readinessGates
    // runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints ephemeralContainers
    // setHostnameAsFQDN os hostUsers schedulingGates resourceClaims resources hostnameOverride schedulingGroup
    f(13785, 7, 1, Message, LIST | NULL, 618), f(3899, 10, 2, Message, LIST | NULL, 420),
    f(10971, 13, 3, String, ONE | OMIT, 0), f(12866, 29, 4, Int64, ONE | NULL, 0), f(1889, 21, 5, Int64, ONE | NULL, 0),
    f(4962, 9, 6, String, ONE | OMIT, 0), f(8433, 12, 7, String, MAP | NULL, 0), f(11642, 18, 8, String, ONE | OMIT, 0),
    f(11642, 14, 9, String, ONE | OMIT, 0), f(8394, 8, 10, String, ONE | OMIT, 0), f(6301, 11, 11, Bool, ONE | OMIT, 0),
    f(6313, 7, 12, Bool, ONE | OMIT, 0), f(6285, 7, 13, Bool, ONE | OMIT, 0),
    f(11510, 15, 14, Message, ONE | NULL, 550), f(6487, 16, 15, Message, LIST | NULL, 484),
    f(6361, 8, 16, String, ONE | OMIT, 0), f(12463, 9, 17, String, ONE | OMIT, 0),
    f(2131, 8, 18, Message, ONE | NULL, 394), f(11196, 13, 19, String, ONE | OMIT, 0),
    f(6608, 14, 20, Message, LIST | NULL, 420), f(2883, 28, 21, Bool, ONE | NULL, 0),
    f(13037, 11, 22, Message, LIST | NULL, 612), f(6273, 11, 23, Message, LIST | NULL, 466),
    f(9839, 17, 24, String, ONE | OMIT, 0), f(9839, 8, 25, Int32, ONE | NULL, 0),
    f(4952, 9, 26, Message, ONE | NULL, 535), f(11822, 21, 27, Bool, ONE | NULL, 0),
    f(10234, 14, 28, Message, LIST | NULL, 545), f(11122, 16, 29, String, ONE | NULL, 0),
    f(5055, 18, 30, Bool, ONE | NULL, 0), f(9662, 16, 31, String, ONE | NULL, 0),
    f(8925, 8, 32, Quantity, MAP | NULL, 0), f(13062, 25, 33, Message, LIST | NULL, 615),
    f(5157, 19, 34, Message, LIST | NULL, 446), f(11762, 17, 35, Bool, ONE | NULL, 0),
    f(559, 2, 36, Message, ONE | NULL, 542), f(6351, 9, 37, Bool, ONE | NULL, 0),
    f(11285, 15, 38, Message, LIST | NULL, 548), f(10834, 14, 39, Message, LIST | NULL, 546),
    f(12485, 9, 40, Message, ONE | NULL, 579), f(6361, 16, 41, String, ONE | NULL, 0), HOLE,
    f(11301, 15, 43, Message, ONE | NULL, 549),
    // 552 core/v1.PodStatus: phase conditions message reason hostIP podIP startTime containerStatuses qosClass
    // initContainerStatuses nominatedNodeName podIPs ephemeralContainerStatuses resize resourceClaimStatuses hostIPs
    // observedGeneration extendedResourceClaimStatus allocatedResources resources nodeAllocatableResourceClaimStatuses
    f(9223, 5, 1, String, ONE | OMIT, 0), f(9651, 10, 2, Message, LIST | NULL, 534),
    f(7821, 7, 3, String, ONE | OMIT, 0), f(10278, 6, 4, String, ONE | OMIT, 0), f(6285, 6, 5, String, ONE | OMIT, 0),
    f(9434, 5, 6, String, ONE | OMIT, 0), f(12034, 9, 7, Time, ONE | NULL, 0),
    f(3881, 17, 8, Message, LIST | NULL, 431), f(10071, 8, 9, String, ONE | OMIT, 0),
    f(6586, 21, 10, Message, LIST | NULL, 431), f(8533, 17, 11, String, ONE | OMIT, 0),
    f(9434, 6, 12, Message, LIST | NULL, 539), f(5130, 26, 13, Message, LIST | NULL, 431),
    f(10663, 6, 14, String, ONE | OMIT, 0), f(10786, 21, 15, Message, LIST | NULL, 547),
    f(6293, 7, 16, Message, LIST | NULL, 467), f(8745, 18, 17, Int64, ONE | OMIT, 0),
    f(5405, 27, 18, Message, ONE | NULL, 538), f(2256, 18, 19, Quantity, MAP | NULL, 0),
    f(12485, 9, 20, Message, ONE | NULL, 579), f(8254, 36, 21, Message, LIST | NULL, 496),
    // 553 core/v1.PodStatusResult: metadata status
    f(7854, 8, 1, Message, ONE, 812), f(12097, 6, 2, Message, ONE, 552),
    // 554 core/v1.PodTemplate: metadata template
    f(7854, 8, 1, Message, ONE, 812), f(12809, 8, 2, Message, ONE, 556),
    // 555 core/v1.PodTemplateList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 554),
    // 556 core/v1.PodTemplateSpec: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 551),
    // 557 core/v1.PortStatus: port protocol error
    f(9601, 4, 1, Int32, ONE, 0), f(10003, 8, 2, String, ONE, 0), f(5177, 5, 3, String, ONE | NULL, 0),
    // 558 core/v1.PortworxVolumeSource: volumeID fsType readOnly
    f(13691, 8, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    // 559 core/v1.PreferredSchedulingTerm: weight preference
    f(13880, 6, 1, Int32, ONE, 0), f(9679, 10, 2, Message, ONE, 508),
    // 560 core/v1.Probe: (Inline) initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold
    // terminationGracePeriodSeconds
    f(0, 0, 1, Inline, ONE, 561), f(6623, 19, 2, Int32, ONE | OMIT, 0), f(12963, 14, 3, Int32, ONE | OMIT, 0),
    f(9121, 13, 4, Int32, ONE | OMIT, 0), f(12549, 16, 5, Int32, ONE | OMIT, 0), f(5601, 16, 6, Int32, ONE | OMIT, 0),
    f(12866, 29, 7, Int64, ONE | NULL, 0),
    // 561 core/v1.ProbeHandler: exec httpGet tcpSocket grpc
    f(5313, 4, 1, Message, ONE | NULL, 453), f(6394, 7, 2, Message, ONE | NULL, 464),
    f(12799, 9, 3, Message, ONE | NULL, 610), f(6194, 4, 4, Message, ONE | NULL, 460),
    // 562 core/v1.ProjectedVolumeSource: sources defaultMode
    f(2267, 7, 1, Message, LIST | NULL, 623), f(4398, 11, 2, Int32, ONE | NULL, 0),
    // 563 core/v1.QuobyteVolumeSource: registry volume readOnly user group tenant
    f(10333, 8, 1, String, ONE, 0), f(13599, 6, 2, String, ONE, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    f(13419, 4, 4, String, ONE | OMIT, 0), f(6153, 5, 5, String, ONE | OMIT, 0), f(12828, 6, 6, String, ONE | OMIT, 0),
    // 564 core/v1.RBDPersistentVolumeSource: monitors image fsType pool user keyring secretRef readOnly
    f(8030, 8, 1, String, LIST | NULL, 0), f(6463, 5, 2, String, ONE, 0), f(5992, 6, 3, String, ONE | OMIT, 0),
    f(9576, 4, 4, String, ONE | OMIT, 0), f(13419, 4, 5, String, ONE | OMIT, 0), f(6920, 7, 6, String, ONE | OMIT, 0),
    f(11492, 9, 7, Message, ONE | NULL, 592), f(10211, 8, 8, Bool, ONE | OMIT, 0),
    // 565 core/v1.RBDVolumeSource: monitors image fsType pool user keyring secretRef readOnly
    f(8030, 8, 1, String, LIST | NULL, 0), f(6463, 5, 2, String, ONE, 0), f(5992, 6, 3, String, ONE | OMIT, 0),
    f(9576, 4, 4, String, ONE | OMIT, 0), f(13419, 4, 5, String, ONE | OMIT, 0), f(6920, 7, 6, String, ONE | OMIT, 0),
    f(11492, 9, 7, Message, ONE | NULL, 484), f(10211, 8, 8, Bool, ONE | OMIT, 0),
    // 566 core/v1.RangeAllocation: metadata range data
    f(7854, 8, 1, Message, ONE, 812), f(10120, 5, 2, String, ONE, 0), f(894, 4, 3, Bytes, ONE | NULL, 0),
    // 567 core/v1.ReplicationController: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 570), f(12097, 6, 3, Message, ONE, 571),
    // 568 core/v1.ReplicationControllerCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 569 core/v1.ReplicationControllerList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 567),
    // 570 core/v1.ReplicationControllerSpec: replicas selector template minReadySeconds
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, String, MAP | NULL, 0),
    f(12809, 8, 3, Message, ONE | NULL, 556), f(7952, 15, 4, Int32, ONE | OMIT, 0),
    // 571 core/v1.ReplicationControllerStatus: replicas fullyLabeledReplicas observedGeneration readyReplicas
    // availableReplicas conditions
    f(10398, 8, 1, Int32, ONE, 0), f(5999, 20, 2, Int32, ONE | OMIT, 0), f(8745, 18, 3, Int64, ONE | OMIT, 0),
    f(10264, 13, 4, Int32, ONE | OMIT, 0), f(13199, 17, 5, Int32, ONE | OMIT, 0),
    f(9651, 10, 6, Message, LIST | NULL, 568),
    // 572 core/v1.ResourceClaim: name request
    f(6365, 4, 1, String, ONE, 0), f(10475, 7, 2, String, ONE | OMIT, 0),
    // 573 core/v1.ResourceFieldSelector: containerName resource divisor
    f(3811, 13, 1, String, ONE | OMIT, 0), f(10676, 8, 2, String, ONE, 0), f(4944, 7, 3, Quantity, ONE, 0),
    // 574 core/v1.ResourceHealth: resourceID health message
    f(10866, 10, 1, String, ONE, 0), f(6232, 6, 2, String, ONE | OMIT, 0), HOLE, HOLE, HOLE,
    f(7821, 7, 6, String, ONE | NULL, 0),
    // 575 core/v1.ResourceQuota: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 577), f(12097, 6, 3, Message, ONE, 578),
    // 576 core/v1.ResourceQuotaList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 575),
    // 577 core/v1.ResourceQuotaSpec: hard scopes scopeSelector
    f(6216, 4, 1, Quantity, MAP | NULL, 0), f(11365, 6, 2, String, LIST | NULL, 0),
    f(11351, 13, 3, Message, ONE | NULL, 584),
    // 578 core/v1.ResourceQuotaStatus: hard used
    f(6216, 4, 1, Quantity, MAP | NULL, 0), f(9081, 4, 2, Quantity, MAP | NULL, 0),
    // 579 core/v1.ResourceRequirements: limits requests claims
    f(7331, 6, 1, Quantity, MAP | NULL, 0), f(10564, 8, 2, Quantity, MAP | NULL, 0),
    f(3456, 6, 3, Message, LIST | NULL, 572),
    // 580 core/v1.ResourceStatus: name resources
    f(6365, 4, 1, String, ONE, 0), f(12485, 9, 2, Message, LIST | NULL, 574),
    // 581 core/v1.SELinuxOptions: user role type level
    f(13419, 4, 1, String, ONE | OMIT, 0), f(11037, 4, 2, String, ONE | OMIT, 0), f(13161, 4, 3, String, ONE | OMIT, 0),
    f(7282, 5, 4, String, ONE | OMIT, 0),
    // 582 core/v1.ScaleIOPersistentVolumeSource: gateway system secretRef sslEnabled protectionDomain storagePool
    // storageMode volumeName fsType readOnly
    f(6025, 7, 1, String, ONE, 0), f(10227, 6, 2, String, ONE, 0), f(11492, 9, 3, Message, ONE | NULL, 592),
    f(11996, 10, 4, Bool, ONE | OMIT, 0), f(9986, 16, 5, String, ONE | OMIT, 0), f(12282, 11, 6, String, ONE | OMIT, 0),
    f(12236, 11, 7, String, ONE | OMIT, 0), f(13745, 10, 8, String, ONE | OMIT, 0),
    f(5992, 6, 9, String, ONE | OMIT, 0), f(10211, 8, 10, Bool, ONE | OMIT, 0),
    // 583 core/v1.ScaleIOVolumeSource: gateway system secretRef sslEnabled protectionDomain storagePool storageMode
    // volumeName fsType readOnly
    f(6025, 7, 1, String, ONE, 0), f(10227, 6, 2, String, ONE, 0), f(11492, 9, 3, Message, ONE | NULL, 484),
    f(11996, 10, 4, Bool, ONE | OMIT, 0), f(9986, 16, 5, String, ONE | OMIT, 0), f(12282, 11, 6, String, ONE | OMIT, 0),
    f(12236, 11, 7, String, ONE | OMIT, 0), f(13745, 10, 8, String, ONE | OMIT, 0),
    f(5992, 6, 9, String, ONE | OMIT, 0), f(10211, 8, 10, Bool, ONE | OMIT, 0),
    // 584 core/v1.ScopeSelector: matchExpressions
    f(7551, 16, 1, Message, LIST | NULL, 585),
    // 585 core/v1.ScopedResourceSelectorRequirement: scopeName operator values
    f(11341, 9, 1, String, ONE, 0), f(8858, 8, 2, String, ONE, 0), f(13551, 6, 3, String, LIST | NULL, 0),
    // 586 core/v1.SeccompProfile: type localhostProfile
    f(13161, 4, 1, String, ONE, 0), f(7425, 16, 2, String, ONE | NULL, 0),
    // 587 core/v1.Secret: metadata data type stringData immutable
    f(7854, 8, 1, Message, ONE, 812), f(894, 4, 2, Bytes, MAP | NULL, 0), f(13161, 4, 3, String, ONE | OMIT, 0),
    f(12402, 10, 4, String, MAP | NULL, 0), f(6548, 9, 5, Bool, ONE | NULL, 0),
    // 588 core/v1.SecretEnvSource: (Inline) optional
    f(0, 0, 1, Inline, ONE, 484), f(8867, 8, 2, Bool, ONE | NULL, 0),
    // 589 core/v1.SecretKeySelector: (Inline) key optional
    f(0, 0, 1, Inline, ONE, 484), f(6904, 3, 2, String, ONE, 0), f(8867, 8, 3, Bool, ONE | NULL, 0),
    // 590 core/v1.SecretList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 587),
    // 591 core/v1.SecretProjection: (Inline) items optional
    f(0, 0, 1, Inline, ONE, 484), f(6853, 5, 2, Message, LIST | NULL, 473), HOLE, f(8867, 8, 4, Bool, ONE | NULL, 0),
    // 592 core/v1.SecretReference: name namespace
    f(6365, 4, 1, String, ONE | OMIT, 0), f(8112, 9, 2, String, ONE | OMIT, 0),
    // 593 core/v1.SecretVolumeSource: secretName items defaultMode optional
    f(11476, 10, 1, String, ONE | OMIT, 0), f(6853, 5, 2, Message, LIST | NULL, 473),
    f(4398, 11, 3, Int32, ONE | NULL, 0), f(8867, 8, 4, Bool, ONE | NULL, 0),
    // 594 core/v1.SecurityContext: capabilities privileged seLinuxOptions runAsUser runAsNonRoot readOnlyRootFilesystem
    // allowPrivilegeEscalation runAsGroup procMount windowsOptions seccompProfile appArmorProfile
    f(3258, 12, 1, Message, ONE | NULL, 403), f(9884, 10, 2, Bool, ONE | NULL, 0),
    f(11405, 14, 3, Message, ONE | NULL, 581), f(11100, 9, 4, Int64, ONE | NULL, 0),
    f(11087, 12, 5, Bool, ONE | NULL, 0), f(10211, 22, 6, Bool, ONE | NULL, 0), f(2362, 24, 7, Bool, ONE | NULL, 0),
    f(11076, 10, 8, Int64, ONE | NULL, 0), f(9895, 9, 9, String, ONE | NULL, 0),
    f(13928, 14, 10, Message, ONE | NULL, 629), f(11429, 14, 11, Message, ONE | NULL, 586),
    f(2581, 15, 12, Message, ONE | NULL, 395),
    // 595 core/v1.SerializedReference: reference
    f(9680, 9, 1, Message, ONE, 514),
    // 596 core/v1.Service: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 603), f(12097, 6, 3, Message, ONE, 604),
    // 597 core/v1.ServiceAccount: metadata secrets imagePullSecrets automountServiceAccountToken
    f(7854, 8, 1, Message, ONE, 812), f(11502, 7, 2, Message, LIST | NULL, 514),
    f(6487, 16, 3, Message, LIST | NULL, 484), f(2883, 28, 4, Bool, ONE | NULL, 0),
    // 598 core/v1.ServiceAccountList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 597),
    // 599 core/v1.ServiceAccountTokenProjection: audience expirationSeconds path
    f(2781, 8, 1, String, ONE | OMIT, 0), f(5348, 17, 2, Int64, ONE | NULL, 0), f(9046, 4, 3, String, ONE, 0),
    // 600 core/v1.ServiceList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 596),
    // 601 core/v1.ServicePort: name protocol port targetPort nodePort appProtocol
    f(6365, 4, 1, String, ONE | OMIT, 0), f(10003, 8, 2, String, ONE | OMIT, 0), f(9601, 4, 3, Int32, ONE, 0),
    f(12718, 10, 4, IntOrString, ONE, 0), f(8403, 8, 5, Int32, ONE | OMIT, 0), f(2597, 11, 6, String, ONE | NULL, 0),
    // 602 core/v1.ServiceProxyOptions: path
    f(9046, 4, 1, String, ONE | OMIT, 0),
    // 603 core/v1.ServiceSpec: ports selector clusterIP type externalIPs sessionAffinity loadBalancerIP
    // loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses
    // sessionAffinityConfig ipFamilyPolicy clusterIPs ipFamilies allocateLoadBalancerNodePorts loadBalancerClass
    // internalTrafficPolicy trafficDistribution
    f(9609, 5, 1, Message, LIST | NULL, 601), f(11556, 8, 2, String, MAP | NULL, 0),
    f(3496, 9, 3, String, ONE | OMIT, 0), f(13161, 4, 4, String, ONE | OMIT, 0), f(5497, 11, 5, String, LIST | NULL, 0),
    HOLE, f(11740, 15, 7, String, ONE | OMIT, 0), f(7385, 14, 8, String, ONE | OMIT, 0),
    f(7400, 24, 9, String, LIST | NULL, 0), f(5509, 12, 10, String, ONE | OMIT, 0),
    f(5522, 21, 11, String, ONE | OMIT, 0), f(6232, 19, 12, Int32, ONE | OMIT, 0),
    f(10035, 24, 13, Bool, ONE | OMIT, 0), f(11740, 21, 14, Message, ONE | NULL, 605), HOLE, HOLE,
    f(6808, 14, 17, String, ONE | NULL, 0), f(3496, 10, 18, String, LIST | NULL, 0),
    f(6797, 10, 19, String, LIST | NULL, 0), f(2183, 29, 20, Bool, ONE | NULL, 0),
    f(7367, 17, 21, String, ONE | NULL, 0), f(6752, 21, 22, String, ONE | NULL, 0),
    f(13101, 19, 23, String, ONE | NULL, 0),
    // 604 core/v1.ServiceStatus: loadBalancer conditions
    f(7367, 12, 1, Message, ONE, 483), f(9651, 10, 2, Message, LIST | NULL, 798),
    // 605 core/v1.SessionAffinityConfig: clientIP
    f(3487, 8, 1, Message, ONE | NULL, 408),
    // 606 core/v1.SleepAction: seconds
    f(11444, 7, 1, Int64, ONE, 0),
    // 607 core/v1.StorageOSPersistentVolumeSource: volumeName volumeNamespace fsType readOnly secretRef
    f(13745, 10, 1, String, ONE | OMIT, 0), f(13745, 15, 2, String, ONE | OMIT, 0),
    f(5992, 6, 3, String, ONE | OMIT, 0), f(10211, 8, 4, Bool, ONE | OMIT, 0), f(11492, 9, 5, Message, ONE | NULL, 514),
    // 608 core/v1.StorageOSVolumeSource: volumeName volumeNamespace fsType readOnly secretRef
    f(13745, 10, 1, String, ONE | OMIT, 0), f(13745, 15, 2, String, ONE | OMIT, 0),
    f(5992, 6, 3, String, ONE | OMIT, 0), f(10211, 8, 4, Bool, ONE | OMIT, 0), f(11492, 9, 5, Message, ONE | NULL, 484),
    // 609 core/v1.Sysctl: name value
    f(6365, 4, 1, String, ONE, 0), f(13525, 5, 2, String, ONE, 0),
    // 610 core/v1.TCPSocketAction: port host
    f(9601, 4, 1, IntOrString, ONE, 0), f(6273, 4, 2, String, ONE | OMIT, 0),
    // 611 core/v1.Taint: key value effect timeAdded
    f(6904, 3, 1, String, ONE, 0), f(13525, 5, 2, String, ONE | OMIT, 0), f(5015, 6, 3, String, ONE, 0),
    f(12944, 9, 4, Time, ONE | NULL, 0),
    // 612 core/v1.Toleration: key operator value effect tolerationSeconds
    f(6904, 3, 1, String, ONE | OMIT, 0), f(8858, 8, 2, String, ONE | OMIT, 0), f(13525, 5, 3, String, ONE | OMIT, 0),
    f(5015, 6, 4, String, ONE | OMIT, 0), f(13019, 17, 5, Int64, ONE | NULL, 0),
    // 613 core/v1.TopologySelectorLabelRequirement: key values
    f(6904, 3, 1, String, ONE, 0), f(13551, 6, 2, String, LIST | NULL, 0),
    // 614 core/v1.TopologySelectorTerm: matchLabelExpressions
    f(7580, 21, 1, Message, LIST | NULL, 613),
    // 615 core/v1.TopologySpreadConstraint: maxSkew topologyKey whenUnsatisfiable labelSelector minDomains
    // nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys
    f(7764, 7, 1, Int32, ONE, 0), f(13049, 11, 2, String, ONE, 0), f(13910, 17, 3, String, ONE, 0),
    f(6998, 13, 4, Message, ONE | NULL, 807), f(7908, 10, 5, Int32, ONE | NULL, 0),
    f(8235, 18, 6, String, ONE | NULL, 0), f(8470, 16, 7, String, ONE | NULL, 0),
    f(7991, 14, 8, String, LIST | NULL, 0),
    // 616 core/v1.TypedLocalObjectReference: apiGroup kind name
    f(2464, 8, 1, String, ONE | NULL, 0), f(6928, 4, 2, String, ONE, 0), f(6365, 4, 3, String, ONE, 0),
    // 617 core/v1.TypedObjectReference: apiGroup kind name namespace
    f(2464, 8, 1, String, ONE | NULL, 0), f(6928, 4, 2, String, ONE, 0), f(6365, 4, 3, String, ONE, 0),
    f(8112, 9, 4, String, ONE | NULL, 0),
    // 618 core/v1.Volume: name (Inline)
    f(6365, 4, 1, String, ONE, 0), f(0, 0, 2, Inline, ONE, 625),
    // 619 core/v1.VolumeDevice: name devicePath
    f(6365, 4, 1, String, ONE, 0), f(4772, 10, 2, String, ONE, 0),
    // 620 core/v1.VolumeMount: name readOnly mountPath subPath mountPropagation subPathExpr recursiveReadOnly
    f(6365, 4, 1, String, ONE, 0), f(10211, 8, 2, Bool, ONE | OMIT, 0), f(8052, 9, 3, String, ONE, 0),
    f(12439, 7, 4, String, ONE | OMIT, 0), f(8062, 16, 5, String, ONE | NULL, 0),
    f(12439, 11, 6, String, ONE | OMIT, 0), f(10299, 17, 7, String, ONE | NULL, 0),
    // 621 core/v1.VolumeMountStatus: name mountPath readOnly recursiveReadOnly volumeStatus
    f(6365, 4, 1, String, ONE, 0), f(8052, 9, 2, String, ONE, 0), f(10211, 8, 3, Bool, ONE | OMIT, 0),
    f(10299, 17, 4, String, ONE | NULL, 0), f(13772, 12, 5, Message, ONE | NULL, 626),
    // 622 core/v1.VolumeNodeAffinity: required
    f(10573, 8, 1, Message, ONE | NULL, 506),
    // 623 core/v1.VolumeProjection: secret downwardAPI configMap serviceAccountToken clusterTrustBundle podCertificate
    f(11452, 6, 1, Message, ONE | NULL, 591), f(4972, 11, 2, Message, ONE | NULL, 434),
    f(3711, 9, 3, Message, ONE | NULL, 418), f(11661, 19, 4, Message, ONE | NULL, 599),
    f(3541, 18, 5, Message, ONE | NULL, 409), f(9321, 14, 6, Message, ONE | NULL, 533),
    // 624 core/v1.VolumeResourceRequirements: limits requests
    f(7331, 6, 1, Quantity, MAP | NULL, 0), f(10564, 8, 2, Quantity, MAP | NULL, 0),
    // 625 core/v1.VolumeSource: hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi
    // glusterfs persistentVolumeClaim rbd flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap
    // vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO projected storageos csi ephemeral
    // image
    f(6321, 8, 1, Message, ONE | NULL, 468), f(5029, 8, 2, Message, ONE | NULL, 437),
    f(6033, 17, 3, Message, ONE | NULL, 459), f(2974, 20, 4, Message, ONE | NULL, 393),
    f(6079, 7, 5, Message, ONE | NULL, 461), f(11452, 6, 6, Message, ONE | NULL, 593),
    f(8190, 3, 7, Message, ONE | NULL, 487), f(6838, 5, 8, Message, ONE | NULL, 470),
    f(6101, 9, 9, Message, ONE | NULL, 463), f(9135, 21, 10, Message, ONE | NULL, 522),
    f(10207, 3, 11, Message, ONE | NULL, 565), f(5775, 10, 12, Message, ONE | NULL, 457),
    f(3430, 6, 13, Message, ONE | NULL, 407), f(3305, 6, 14, Message, ONE | NULL, 405),
    f(5786, 7, 15, Message, ONE | NULL, 458), f(4972, 11, 16, Message, ONE | NULL, 436),
    f(5618, 2, 17, Message, ONE | NULL, 454), f(3005, 9, 18, Message, ONE | NULL, 399),
    f(3711, 9, 19, Message, ONE | NULL, 419), f(13814, 13, 20, Message, ONE | NULL, 627),
    f(10112, 7, 21, Message, ONE | NULL, 563), f(2995, 9, 22, Message, ONE | NULL, 397),
    f(9229, 20, 23, Message, ONE | NULL, 527), f(9615, 14, 24, Message, ONE | NULL, 558),
    f(11165, 7, 25, Message, ONE | NULL, 583), f(9929, 9, 26, Message, ONE | NULL, 562),
    f(12361, 9, 27, Message, ONE | NULL, 608), f(6840, 3, 28, Message, ONE | NULL, 402),
    f(5130, 9, 29, Message, ONE | NULL, 448), f(6463, 5, 30, Message, ONE | NULL, 471),
    // 626 core/v1.VolumeStatus: image
    f(6463, 5, 1, Message, ONE | NULL, 472),
    // 627 core/v1.VsphereVirtualDiskVolumeSource: volumePath fsType storagePolicyName storagePolicyID
    f(13761, 10, 1, String, ONE, 0), f(5992, 6, 2, String, ONE | OMIT, 0), f(12264, 17, 3, String, ONE | OMIT, 0),
    f(12248, 15, 4, String, ONE | OMIT, 0),
    // 628 core/v1.WeightedPodAffinityTerm: weight podAffinityTerm
    f(13880, 6, 1, Int32, ONE, 0), f(9280, 15, 2, Message, ONE, 530),
    // 629 core/v1.WindowsSecurityContextOptions: gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess
    f(6111, 22, 1, String, ONE | NULL, 0), f(6111, 18, 2, String, ONE | NULL, 0),
    f(11100, 13, 3, String, ONE | NULL, 0), f(6339, 11, 4, Bool, ONE | NULL, 0),
    // 630 discovery/v1.Endpoint: addresses conditions hostname targetRef deprecatedTopology nodeName zone hints
    f(1985, 9, 1, String, LIST | NULL, 0), f(9651, 10, 2, Message, ONE, 631), f(6361, 8, 3, String, ONE | NULL, 0),
    f(12731, 9, 4, Message, ONE | NULL, 514), f(4598, 18, 5, String, MAP | NULL, 0),
    f(8394, 8, 6, String, ONE | NULL, 0), f(14165, 4, 7, String, ONE | NULL, 0),
    f(6252, 5, 8, Message, ONE | NULL, 632),
    // 631 discovery/v1.EndpointConditions: ready serving terminating
    f(10264, 5, 1, Bool, ONE | NULL, 0), f(11732, 7, 2, Bool, ONE | NULL, 0), f(12846, 11, 3, Bool, ONE | NULL, 0),
    // 632 discovery/v1.EndpointHints: forZones forNodes
    f(5921, 8, 1, Message, LIST | NULL, 637), f(5912, 8, 2, Message, LIST | NULL, 636),
    // 633 discovery/v1.EndpointPort: name protocol port appProtocol
    f(6365, 4, 1, String, ONE | NULL, 0), f(10003, 8, 2, String, ONE | NULL, 0), f(9601, 4, 3, Int32, ONE | NULL, 0),
    f(2597, 11, 4, String, ONE | NULL, 0),
    // 634 discovery/v1.EndpointSlice: metadata endpoints ports addressType
    f(7854, 8, 1, Message, ONE, 812), f(5098, 9, 2, Message, LIST | NULL, 630),
    f(9609, 5, 3, Message, LIST | NULL, 633), f(1973, 11, 4, String, ONE, 0),
    // 635 discovery/v1.EndpointSliceList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 634),
    // 636 discovery/v1.ForNode: name
    f(6365, 4, 1, String, ONE, 0),
    // 637 discovery/v1.ForZone: name
    f(6365, 4, 1, String, ONE, 0),
    // 638 discovery/v1beta1.Endpoint: addresses conditions hostname targetRef topology nodeName hints
    f(1985, 9, 1, String, LIST | NULL, 0), f(9651, 10, 2, Message, ONE, 639), f(6361, 8, 3, String, ONE | NULL, 0),
    f(12731, 9, 4, Message, ONE | NULL, 514), f(13049, 8, 5, String, MAP | NULL, 0),
    f(8394, 8, 6, String, ONE | NULL, 0), f(6252, 5, 7, Message, ONE | NULL, 640),
    // 639 discovery/v1beta1.EndpointConditions: ready serving terminating
    f(10264, 5, 1, Bool, ONE | NULL, 0), f(11732, 7, 2, Bool, ONE | NULL, 0), f(12846, 11, 3, Bool, ONE | NULL, 0),
    // 640 discovery/v1beta1.EndpointHints: forZones forNodes
    f(5921, 8, 1, Message, LIST | NULL, 645), f(5912, 8, 2, Message, LIST | NULL, 644),
    // 641 discovery/v1beta1.EndpointPort: name protocol port appProtocol
    f(6365, 4, 1, String, ONE | NULL, 0), f(10003, 8, 2, String, ONE | NULL, 0), f(9601, 4, 3, Int32, ONE | NULL, 0),
    f(2597, 11, 4, String, ONE | NULL, 0),
    // 642 discovery/v1beta1.EndpointSlice: metadata endpoints ports addressType
    f(7854, 8, 1, Message, ONE, 812), f(5098, 9, 2, Message, LIST | NULL, 638),
    f(9609, 5, 3, Message, LIST | NULL, 641), f(1973, 11, 4, String, ONE, 0),
    // 643 discovery/v1beta1.EndpointSliceList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 642),
    // 644 discovery/v1beta1.ForNode: name
    f(6365, 4, 1, String, ONE, 0),
    // 645 discovery/v1beta1.ForZone: name
    f(6365, 4, 1, String, ONE, 0),
    // 646 events/v1.Event: metadata eventTime series reportingController reportingInstance action reason regarding
    // related note type deprecatedSource deprecatedFirstTimestamp deprecatedLastTimestamp deprecatedCount
    f(7854, 8, 1, Message, ONE, 812), f(5203, 9, 2, MicroTime, ONE, 0), f(11593, 6, 3, Message, ONE | NULL, 648),
    f(10426, 19, 4, String, ONE | OMIT, 0), f(10446, 17, 5, String, ONE | OMIT, 0),
    f(1882, 6, 6, String, ONE | OMIT, 0), f(10278, 6, 7, String, ONE | OMIT, 0), f(10323, 9, 8, Message, ONE, 514),
    f(10361, 7, 9, Message, ONE | NULL, 514), f(8643, 4, 10, String, ONE | OMIT, 0),
    f(13161, 4, 11, String, ONE | OMIT, 0), f(4581, 16, 12, Message, ONE, 452), f(4532, 24, 13, Time, ONE, 0),
    f(4557, 23, 14, Time, ONE, 0), f(4516, 15, 15, Int32, ONE | OMIT, 0),
    // 647 events/v1.EventList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 646),
    // 648 events/v1.EventSeries: count lastObservedTime
    f(1503, 5, 1, Int32, ONE, 0), f(7055, 16, 2, MicroTime, ONE, 0),
    // 649 events/v1beta1.Event: metadata eventTime series reportingController reportingInstance action reason regarding
    // related note type deprecatedSource deprecatedFirstTimestamp deprecatedLastTimestamp deprecatedCount
    f(7854, 8, 1, Message, ONE, 812), f(5203, 9, 2, MicroTime, ONE, 0), f(11593, 6, 3, Message, ONE | NULL, 651),
    f(10426, 19, 4, String, ONE | OMIT, 0), f(10446, 17, 5, String, ONE | OMIT, 0),
    f(1882, 6, 6, String, ONE | OMIT, 0), f(10278, 6, 7, String, ONE | OMIT, 0), f(10323, 9, 8, Message, ONE, 514),
    f(10361, 7, 9, Message, ONE | NULL, 514), f(8643, 4, 10, String, ONE | OMIT, 0),
    f(13161, 4, 11, String, ONE | OMIT, 0), f(4581, 16, 12, Message, ONE, 452), f(4532, 24, 13, Time, ONE, 0),
    f(4557, 23, 14, Time, ONE, 0), f(4516, 15, 15, Int32, ONE | OMIT, 0),
    // 650 events/v1beta1.EventList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 649),
    // 651 events/v1beta1.EventSeries: count lastObservedTime
    f(1503, 5, 1, Int32, ONE, 0), f(7055, 16, 2, MicroTime, ONE, 0),
    // 652 extensions/v1beta1.DaemonSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 655), f(12097, 6, 3, Message, ONE, 656),
    // 653 extensions/v1beta1.DaemonSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 654 extensions/v1beta1.DaemonSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 652),
    // 655 extensions/v1beta1.DaemonSetSpec: selector template updateStrategy minReadySeconds templateGeneration
    // revisionHistoryLimit
    f(11556, 8, 1, Message, ONE | NULL, 807), f(12809, 8, 2, Message, ONE, 556), f(13335, 14, 3, Message, ONE, 657),
    f(7952, 15, 4, Int32, ONE | OMIT, 0), f(12809, 18, 5, Int64, ONE | OMIT, 0), f(11016, 20, 6, Int32, ONE | NULL, 0),
    // 656 extensions/v1beta1.DaemonSetStatus: currentNumberScheduled numberMisscheduled desiredNumberScheduled
    // numberReady observedGeneration updatedNumberScheduled numberAvailable numberUnavailable collisionCount conditions
    f(4206, 22, 1, Int32, ONE, 0), f(8673, 18, 2, Int32, ONE, 0), f(4697, 22, 3, Int32, ONE, 0),
    f(8692, 11, 4, Int32, ONE, 0), f(8745, 18, 5, Int64, ONE | OMIT, 0), f(13369, 22, 6, Int32, ONE | OMIT, 0),
    f(8657, 15, 7, Int32, ONE | OMIT, 0), f(8704, 17, 8, Int32, ONE | OMIT, 0), f(3565, 14, 9, Int32, ONE | NULL, 0),
    f(9651, 10, 10, Message, LIST | NULL, 653),
    // 657 extensions/v1beta1.DaemonSetUpdateStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 692),
    // 658 extensions/v1beta1.Deployment: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 662), f(12097, 6, 3, Message, ONE, 663),
    // 659 extensions/v1beta1.DeploymentCondition: type status reason message lastUpdateTime lastTransitionTime
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), HOLE, f(10278, 6, 4, String, ONE | OMIT, 0),
    f(7821, 7, 5, String, ONE | OMIT, 0), f(7203, 14, 6, Time, ONE, 0), f(7184, 18, 7, Time, ONE, 0),
    // 660 extensions/v1beta1.DeploymentList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 658),
    // 661 extensions/v1beta1.DeploymentRollback: name updatedAnnotations rollbackTo
    f(6365, 4, 1, String, ONE, 0), f(13350, 18, 2, String, MAP | NULL, 0), f(11045, 10, 3, Message, ONE, 691),
    // 662 extensions/v1beta1.DeploymentSpec: replicas selector template strategy minReadySeconds revisionHistoryLimit
    // paused rollbackTo progressDeadlineSeconds
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(12386, 8, 4, Message, ONE, 664), f(7952, 15, 5, Int32, ONE | OMIT, 0), f(11016, 20, 6, Int32, ONE | NULL, 0),
    f(9079, 6, 7, Bool, ONE | OMIT, 0), f(11045, 10, 8, Message, ONE | NULL, 691), f(9905, 23, 9, Int32, ONE | NULL, 0),
    // 663 extensions/v1beta1.DeploymentStatus: observedGeneration replicas updatedReplicas availableReplicas
    // unavailableReplicas conditions readyReplicas collisionCount terminatingReplicas
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(10398, 8, 2, Int32, ONE | OMIT, 0), f(13392, 15, 3, Int32, ONE | OMIT, 0),
    f(13199, 17, 4, Int32, ONE | OMIT, 0), f(13197, 19, 5, Int32, ONE | OMIT, 0),
    f(9651, 10, 6, Message, LIST | NULL, 659), f(10264, 13, 7, Int32, ONE | OMIT, 0),
    f(3565, 14, 8, Int32, ONE | NULL, 0), f(12846, 19, 9, Int32, ONE | NULL, 0),
    // 664 extensions/v1beta1.DeploymentStrategy: type rollingUpdate
    f(13161, 4, 1, String, ONE | OMIT, 0), f(11056, 13, 2, Message, ONE | NULL, 693),
    // 665 extensions/v1beta1.HTTPIngressPath: path backend pathType
    f(9046, 4, 1, String, ONE | OMIT, 0), f(3015, 7, 2, Message, ONE, 669), f(9046, 8, 3, String, ONE | NULL, 0),
    // 666 extensions/v1beta1.HTTPIngressRuleValue: paths
    f(9055, 5, 1, Message, LIST | NULL, 665),
    // 667 extensions/v1beta1.IPBlock: cidr except
    f(3424, 4, 1, String, ONE, 0), f(5251, 6, 2, String, LIST | NULL, 0),
    // 668 extensions/v1beta1.Ingress: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 676), f(12097, 6, 3, Message, ONE, 677),
    // 669 extensions/v1beta1.IngressBackend: serviceName servicePort resource
    f(11708, 11, 1, String, ONE | OMIT, 0), f(11720, 11, 2, IntOrString, ONE, 0),
    f(10676, 8, 3, Message, ONE | NULL, 616),
    // 670 extensions/v1beta1.IngressList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 668),
    // 671 extensions/v1beta1.IngressLoadBalancerIngress: ip hostname ports
    f(2310, 2, 1, String, ONE | OMIT, 0), f(6361, 8, 2, String, ONE | OMIT, 0), HOLE,
    f(9609, 5, 4, Message, LIST | NULL, 673),
    // 672 extensions/v1beta1.IngressLoadBalancerStatus: ingress
    f(6569, 7, 1, Message, LIST | NULL, 671),
    // 673 extensions/v1beta1.IngressPortStatus: port protocol error
    f(9601, 4, 1, Int32, ONE, 0), f(10003, 8, 2, String, ONE, 0), f(5177, 5, 3, String, ONE | NULL, 0),
    // 674 extensions/v1beta1.IngressRule: host (Inline)
    f(6273, 4, 1, String, ONE | OMIT, 0), f(0, 0, 2, Inline, ONE, 675),
    // 675 extensions/v1beta1.IngressRuleValue: http
    f(6394, 4, 1, Message, ONE | NULL, 666),
    // 676 extensions/v1beta1.IngressSpec: backend tls rules ingressClassName
    f(3015, 7, 1, Message, ONE | NULL, 669), f(12635, 3, 2, Message, LIST | NULL, 678),
    f(11070, 5, 3, Message, LIST | NULL, 674), f(6569, 16, 4, String, ONE | NULL, 0),
    // 677 extensions/v1beta1.IngressStatus: loadBalancer
    f(7367, 12, 1, Message, ONE, 672),
    // 678 extensions/v1beta1.IngressTLS: hosts secretName
    f(6388, 5, 1, String, LIST | NULL, 0), f(11476, 10, 2, String, ONE | OMIT, 0),
    // 679 extensions/v1beta1.NetworkPolicy: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 685),
    // 680 extensions/v1beta1.NetworkPolicyEgressRule: ports to
    f(9609, 5, 1, Message, LIST | NULL, 684), f(137, 2, 2, Message, LIST | NULL, 683),
    // 681 extensions/v1beta1.NetworkPolicyIngressRule: ports from
    f(9609, 5, 1, Message, LIST | NULL, 684), f(5953, 4, 2, Message, LIST | NULL, 683),
    // 682 extensions/v1beta1.NetworkPolicyList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 679),
    // 683 extensions/v1beta1.NetworkPolicyPeer: podSelector namespaceSelector ipBlock
    f(9505, 11, 1, Message, ONE | NULL, 807), f(8112, 17, 2, Message, ONE | NULL, 807),
    f(6789, 7, 3, Message, ONE | NULL, 667),
    // 684 extensions/v1beta1.NetworkPolicyPort: protocol port endPort
    f(10003, 8, 1, String, ONE | NULL, 0), f(9601, 4, 2, IntOrString, ONE | NULL, 0),
    f(5090, 7, 3, Int32, ONE | NULL, 0),
    // 685 extensions/v1beta1.NetworkPolicySpec: podSelector ingress egress policyTypes
    f(9505, 11, 1, Message, ONE, 807), f(6569, 7, 2, Message, LIST | NULL, 681),
    f(5022, 6, 3, Message, LIST | NULL, 680), f(9564, 11, 4, String, LIST | NULL, 0),
    // 686 extensions/v1beta1.ReplicaSet: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 689), f(12097, 6, 3, Message, ONE, 690),
    // 687 extensions/v1beta1.ReplicaSetCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 688 extensions/v1beta1.ReplicaSetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 686),
    // 689 extensions/v1beta1.ReplicaSetSpec: replicas selector template minReadySeconds
    f(10398, 8, 1, Int32, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807), f(12809, 8, 3, Message, ONE, 556),
    f(7952, 15, 4, Int32, ONE | OMIT, 0),
    // 690 extensions/v1beta1.ReplicaSetStatus: replicas fullyLabeledReplicas observedGeneration readyReplicas
    // availableReplicas conditions terminatingReplicas
    f(10398, 8, 1, Int32, ONE, 0), f(5999, 20, 2, Int32, ONE | OMIT, 0), f(8745, 18, 3, Int64, ONE | OMIT, 0),
    f(10264, 13, 4, Int32, ONE | OMIT, 0), f(13199, 17, 5, Int32, ONE | OMIT, 0),
    f(9651, 10, 6, Message, LIST | NULL, 687), f(12846, 19, 7, Int32, ONE | NULL, 0),
    // 691 extensions/v1beta1.RollbackConfig: revision
    f(11016, 8, 1, Int64, ONE | OMIT, 0),
    // 692 extensions/v1beta1.RollingUpdateDaemonSet: maxUnavailable maxSurge
    f(7781, 14, 1, IntOrString, ONE | NULL, 0), f(7772, 8, 2, IntOrString, ONE | NULL, 0),
    // 693 extensions/v1beta1.RollingUpdateDeployment: maxUnavailable maxSurge
    f(7781, 14, 1, IntOrString, ONE | NULL, 0), f(7772, 8, 2, IntOrString, ONE | NULL, 0),
    // 694 extensions/v1beta1.Scale: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 695), f(12097, 6, 3, Message, ONE, 696),
    // 695 extensions/v1beta1.ScaleSpec: replicas
    f(10398, 8, 1, Int32, ONE | OMIT, 0),
    // 696 extensions/v1beta1.ScaleStatus: replicas selector targetSelector
    f(10398, 8, 1, Int32, ONE, 0), f(11556, 8, 2, String, MAP | NULL, 0), f(12741, 14, 3, String, ONE | OMIT, 0),
    // 697 flowcontrol/v1.ExemptPriorityLevelConfiguration: nominalConcurrencyShares lendablePercent
    f(8508, 24, 1, Int32, ONE | NULL, 0), f(7266, 15, 2, Int32, ONE | NULL, 0),
    // 698 flowcontrol/v1.FlowDistinguisherMethod: type
    f(13161, 4, 1, String, ONE, 0),
    // 699 flowcontrol/v1.FlowSchema: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 702), f(12097, 6, 3, Message, ONE, 703),
    // 700 flowcontrol/v1.FlowSchemaCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE | OMIT, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 701 flowcontrol/v1.FlowSchemaList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 699),
    // 702 flowcontrol/v1.FlowSchemaSpec: priorityLevelConfiguration matchingPrecedence distinguisherMethod rules
    f(9857, 26, 1, Message, ONE, 712), f(7641, 18, 2, Int32, ONE, 0), f(4924, 19, 3, Message, ONE | NULL, 698),
    f(11070, 5, 4, Message, LIST | NULL, 708),
    // 703 flowcontrol/v1.FlowSchemaStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 700),
    // 704 flowcontrol/v1.GroupSubject: name
    f(6365, 4, 1, String, ONE, 0),
    // 705 flowcontrol/v1.LimitResponse: type queuing
    f(13161, 4, 1, String, ONE, 0), f(10104, 7, 2, Message, ONE | NULL, 715),
    // 706 flowcontrol/v1.LimitedPriorityLevelConfiguration: nominalConcurrencyShares limitResponse lendablePercent
    // borrowingLimitPercent
    f(8508, 24, 1, Int32, ONE | NULL, 0), f(7309, 13, 2, Message, ONE, 705), f(7266, 15, 3, Int32, ONE | NULL, 0),
    f(3200, 21, 4, Int32, ONE | NULL, 0),
    // 707 flowcontrol/v1.NonResourcePolicyRule: verbs nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), HOLE, HOLE, HOLE, HOLE, f(8590, 15, 6, String, LIST | NULL, 0),
    // 708 flowcontrol/v1.PolicyRulesWithSubjects: subjects resourceRules nonResourceRules
    f(12473, 8, 1, Message, LIST | NULL, 718), f(10891, 13, 2, Message, LIST | NULL, 716),
    f(8573, 16, 3, Message, LIST | NULL, 707),
    // 709 flowcontrol/v1.PriorityLevelConfiguration: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 713), f(12097, 6, 3, Message, ONE, 714),
    // 710 flowcontrol/v1.PriorityLevelConfigurationCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE | OMIT, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 711 flowcontrol/v1.PriorityLevelConfigurationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 709),
    // 712 flowcontrol/v1.PriorityLevelConfigurationReference: name
    f(6365, 4, 1, String, ONE, 0),
    // 713 flowcontrol/v1.PriorityLevelConfigurationSpec: type limited exempt
    f(13161, 4, 1, String, ONE, 0), f(7323, 7, 2, Message, ONE | NULL, 706), f(5318, 6, 3, Message, ONE | NULL, 697),
    // 714 flowcontrol/v1.PriorityLevelConfigurationStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 710),
    // 715 flowcontrol/v1.QueuingConfiguration: queues handSize queueLengthLimit
    f(10097, 6, 1, Int32, ONE, 0), f(6199, 8, 2, Int32, ONE, 0), f(10080, 16, 3, Int32, ONE, 0),
    // 716 flowcontrol/v1.ResourcePolicyRule: verbs apiGroups resources clusterScope namespaces
    f(13568, 5, 1, String, LIST | NULL, 0), f(2464, 9, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(3528, 12, 4, Bool, ONE | OMIT, 0), f(8141, 10, 5, String, LIST | NULL, 0),
    // 717 flowcontrol/v1.ServiceAccountSubject: namespace name
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0),
    // 718 flowcontrol/v1.Subject: kind user group serviceAccount
    f(6928, 4, 1, String, ONE, 0), f(13419, 4, 2, Message, ONE | NULL, 719), f(6153, 5, 3, Message, ONE | NULL, 704),
    f(11642, 14, 4, Message, ONE | NULL, 717),
    // 719 flowcontrol/v1.UserSubject: name
    f(6365, 4, 1, String, ONE, 0),
    // 720 flowcontrol/v1beta1.ExemptPriorityLevelConfiguration: nominalConcurrencyShares lendablePercent
    f(8508, 24, 1, Int32, ONE | NULL, 0), f(7266, 15, 2, Int32, ONE | NULL, 0),
    // 721 flowcontrol/v1beta1.FlowDistinguisherMethod: type
    f(13161, 4, 1, String, ONE, 0),
    // 722 flowcontrol/v1beta1.FlowSchema: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 725), f(12097, 6, 3, Message, ONE, 726),
    // 723 flowcontrol/v1beta1.FlowSchemaCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE | OMIT, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 724 flowcontrol/v1beta1.FlowSchemaList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 722),
    // 725 flowcontrol/v1beta1.FlowSchemaSpec: priorityLevelConfiguration matchingPrecedence distinguisherMethod rules
    f(9857, 26, 1, Message, ONE, 735), f(7641, 18, 2, Int32, ONE, 0), f(4924, 19, 3, Message, ONE | NULL, 721),
    f(11070, 5, 4, Message, LIST | NULL, 731),
    // 726 flowcontrol/v1beta1.FlowSchemaStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 723),
    // 727 flowcontrol/v1beta1.GroupSubject: name
    f(6365, 4, 1, String, ONE, 0),
    // 728 flowcontrol/v1beta1.LimitResponse: type queuing
    f(13161, 4, 1, String, ONE, 0), f(10104, 7, 2, Message, ONE | NULL, 738),
    // 729 flowcontrol/v1beta1.LimitedPriorityLevelConfiguration: assuredConcurrencyShares limitResponse lendablePercent
    // borrowingLimitPercent
    f(2681, 24, 1, Int32, ONE, 0), f(7309, 13, 2, Message, ONE, 728), f(7266, 15, 3, Int32, ONE | NULL, 0),
    f(3200, 21, 4, Int32, ONE | NULL, 0),
    // 730 flowcontrol/v1beta1.NonResourcePolicyRule: verbs nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), HOLE, HOLE, HOLE, HOLE, f(8590, 15, 6, String, LIST | NULL, 0),
    // 731 flowcontrol/v1beta1.PolicyRulesWithSubjects: subjects resourceRules nonResourceRules
    f(12473, 8, 1, Message, LIST | NULL, 741), f(10891, 13, 2, Message, LIST | NULL, 739),
    f(8573, 16, 3, Message, LIST | NULL, 730),
    // 732 flowcontrol/v1beta1.PriorityLevelConfiguration: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 736), f(12097, 6, 3, Message, ONE, 737),
    // 733 flowcontrol/v1beta1.PriorityLevelConfigurationCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE | OMIT, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 734 flowcontrol/v1beta1.PriorityLevelConfigurationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 732),
    // 735 flowcontrol/v1beta1.PriorityLevelConfigurationReference: name
    f(6365, 4, 1, String, ONE, 0),
    // 736 flowcontrol/v1beta1.PriorityLevelConfigurationSpec: type limited exempt
    f(13161, 4, 1, String, ONE, 0), f(7323, 7, 2, Message, ONE | NULL, 729), f(5318, 6, 3, Message, ONE | NULL, 720),
    // 737 flowcontrol/v1beta1.PriorityLevelConfigurationStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 733),
    // 738 flowcontrol/v1beta1.QueuingConfiguration: queues handSize queueLengthLimit
    f(10097, 6, 1, Int32, ONE, 0), f(6199, 8, 2, Int32, ONE, 0), f(10080, 16, 3, Int32, ONE, 0),
    // 739 flowcontrol/v1beta1.ResourcePolicyRule: verbs apiGroups resources clusterScope namespaces
    f(13568, 5, 1, String, LIST | NULL, 0), f(2464, 9, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(3528, 12, 4, Bool, ONE | OMIT, 0), f(8141, 10, 5, String, LIST | NULL, 0),
    // 740 flowcontrol/v1beta1.ServiceAccountSubject: namespace name
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0),
    // 741 flowcontrol/v1beta1.Subject: kind user group serviceAccount
    f(6928, 4, 1, String, ONE, 0), f(13419, 4, 2, Message, ONE | NULL, 742), f(6153, 5, 3, Message, ONE | NULL, 727),
    f(11642, 14, 4, Message, ONE | NULL, 740),
    // 742 flowcontrol/v1beta1.UserSubject: name
    f(6365, 4, 1, String, ONE, 0),
    // 743 flowcontrol/v1beta2.ExemptPriorityLevelConfiguration: nominalConcurrencyShares lendablePercent
    f(8508, 24, 1, Int32, ONE | NULL, 0), f(7266, 15, 2, Int32, ONE | NULL, 0),
    // 744 flowcontrol/v1beta2.FlowDistinguisherMethod: type
    f(13161, 4, 1, String, ONE, 0),
    // 745 flowcontrol/v1beta2.FlowSchema: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 748), f(12097, 6, 3, Message, ONE, 749),
    // 746 flowcontrol/v1beta2.FlowSchemaCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE | OMIT, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 747 flowcontrol/v1beta2.FlowSchemaList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 745),
    // 748 flowcontrol/v1beta2.FlowSchemaSpec: priorityLevelConfiguration matchingPrecedence distinguisherMethod rules
    f(9857, 26, 1, Message, ONE, 758), f(7641, 18, 2, Int32, ONE, 0), f(4924, 19, 3, Message, ONE | NULL, 744),
    f(11070, 5, 4, Message, LIST | NULL, 754),
    // 749 flowcontrol/v1beta2.FlowSchemaStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 746),
    // 750 flowcontrol/v1beta2.GroupSubject: name
    f(6365, 4, 1, String, ONE, 0),
    // 751 flowcontrol/v1beta2.LimitResponse: type queuing
    f(13161, 4, 1, String, ONE, 0), f(10104, 7, 2, Message, ONE | NULL, 761),
    // 752 flowcontrol/v1beta2.LimitedPriorityLevelConfiguration: assuredConcurrencyShares limitResponse lendablePercent
    // borrowingLimitPercent
    f(2681, 24, 1, Int32, ONE, 0), f(7309, 13, 2, Message, ONE, 751), f(7266, 15, 3, Int32, ONE | NULL, 0),
    f(3200, 21, 4, Int32, ONE | NULL, 0),
    // 753 flowcontrol/v1beta2.NonResourcePolicyRule: verbs nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), HOLE, HOLE, HOLE, HOLE, f(8590, 15, 6, String, LIST | NULL, 0),
    // 754 flowcontrol/v1beta2.PolicyRulesWithSubjects: subjects resourceRules nonResourceRules
    f(12473, 8, 1, Message, LIST | NULL, 764), f(10891, 13, 2, Message, LIST | NULL, 762),
    f(8573, 16, 3, Message, LIST | NULL, 753),
    // 755 flowcontrol/v1beta2.PriorityLevelConfiguration: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 759), f(12097, 6, 3, Message, ONE, 760),
    // 756 flowcontrol/v1beta2.PriorityLevelConfigurationCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE | OMIT, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 757 flowcontrol/v1beta2.PriorityLevelConfigurationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 755),
    // 758 flowcontrol/v1beta2.PriorityLevelConfigurationReference: name
    f(6365, 4, 1, String, ONE, 0),
    // 759 flowcontrol/v1beta2.PriorityLevelConfigurationSpec: type limited exempt
    f(13161, 4, 1, String, ONE, 0), f(7323, 7, 2, Message, ONE | NULL, 752), f(5318, 6, 3, Message, ONE | NULL, 743),
    // 760 flowcontrol/v1beta2.PriorityLevelConfigurationStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 756),
    // 761 flowcontrol/v1beta2.QueuingConfiguration: queues handSize queueLengthLimit
    f(10097, 6, 1, Int32, ONE, 0), f(6199, 8, 2, Int32, ONE, 0), f(10080, 16, 3, Int32, ONE, 0),
    // 762 flowcontrol/v1beta2.ResourcePolicyRule: verbs apiGroups resources clusterScope namespaces
    f(13568, 5, 1, String, LIST | NULL, 0), f(2464, 9, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(3528, 12, 4, Bool, ONE | OMIT, 0), f(8141, 10, 5, String, LIST | NULL, 0),
    // 763 flowcontrol/v1beta2.ServiceAccountSubject: namespace name
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0),
    // 764 flowcontrol/v1beta2.Subject: kind user group serviceAccount
    f(6928, 4, 1, String, ONE, 0), f(13419, 4, 2, Message, ONE | NULL, 765), f(6153, 5, 3, Message, ONE | NULL, 750),
    f(11642, 14, 4, Message, ONE | NULL, 763),
    // 765 flowcontrol/v1beta2.UserSubject: name
    f(6365, 4, 1, String, ONE, 0),
    // 766 flowcontrol/v1beta3.ExemptPriorityLevelConfiguration: nominalConcurrencyShares lendablePercent
    f(8508, 24, 1, Int32, ONE | NULL, 0), f(7266, 15, 2, Int32, ONE | NULL, 0),
    // 767 flowcontrol/v1beta3.FlowDistinguisherMethod: type
    f(13161, 4, 1, String, ONE, 0),
    // 768 flowcontrol/v1beta3.FlowSchema: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 771), f(12097, 6, 3, Message, ONE, 772),
    // 769 flowcontrol/v1beta3.FlowSchemaCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE | OMIT, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 770 flowcontrol/v1beta3.FlowSchemaList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 768),
    // 771 flowcontrol/v1beta3.FlowSchemaSpec: priorityLevelConfiguration matchingPrecedence distinguisherMethod rules
    f(9857, 26, 1, Message, ONE, 781), f(7641, 18, 2, Int32, ONE, 0), f(4924, 19, 3, Message, ONE | NULL, 767),
    f(11070, 5, 4, Message, LIST | NULL, 777),
    // 772 flowcontrol/v1beta3.FlowSchemaStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 769),
    // 773 flowcontrol/v1beta3.GroupSubject: name
    f(6365, 4, 1, String, ONE, 0),
    // 774 flowcontrol/v1beta3.LimitResponse: type queuing
    f(13161, 4, 1, String, ONE, 0), f(10104, 7, 2, Message, ONE | NULL, 784),
    // 775 flowcontrol/v1beta3.LimitedPriorityLevelConfiguration: nominalConcurrencyShares limitResponse lendablePercent
    // borrowingLimitPercent
    f(8508, 24, 1, Int32, ONE, 0), f(7309, 13, 2, Message, ONE, 774), f(7266, 15, 3, Int32, ONE | NULL, 0),
    f(3200, 21, 4, Int32, ONE | NULL, 0),
    // 776 flowcontrol/v1beta3.NonResourcePolicyRule: verbs nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), HOLE, HOLE, HOLE, HOLE, f(8590, 15, 6, String, LIST | NULL, 0),
    // 777 flowcontrol/v1beta3.PolicyRulesWithSubjects: subjects resourceRules nonResourceRules
    f(12473, 8, 1, Message, LIST | NULL, 787), f(10891, 13, 2, Message, LIST | NULL, 785),
    f(8573, 16, 3, Message, LIST | NULL, 776),
    // 778 flowcontrol/v1beta3.PriorityLevelConfiguration: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 782), f(12097, 6, 3, Message, ONE, 783),
    // 779 flowcontrol/v1beta3.PriorityLevelConfigurationCondition: type status lastTransitionTime reason message
    f(13161, 4, 1, String, ONE | OMIT, 0), f(12097, 6, 2, String, ONE | OMIT, 0), f(7184, 18, 3, Time, ONE, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(7821, 7, 5, String, ONE | OMIT, 0),
    // 780 flowcontrol/v1beta3.PriorityLevelConfigurationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 778),
    // 781 flowcontrol/v1beta3.PriorityLevelConfigurationReference: name
    f(6365, 4, 1, String, ONE, 0),
    // 782 flowcontrol/v1beta3.PriorityLevelConfigurationSpec: type limited exempt
    f(13161, 4, 1, String, ONE, 0), f(7323, 7, 2, Message, ONE | NULL, 775), f(5318, 6, 3, Message, ONE | NULL, 766),
    // 783 flowcontrol/v1beta3.PriorityLevelConfigurationStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 779),
    // 784 flowcontrol/v1beta3.QueuingConfiguration: queues handSize queueLengthLimit
    f(10097, 6, 1, Int32, ONE, 0), f(6199, 8, 2, Int32, ONE, 0), f(10080, 16, 3, Int32, ONE, 0),
    // 785 flowcontrol/v1beta3.ResourcePolicyRule: verbs apiGroups resources clusterScope namespaces
    f(13568, 5, 1, String, LIST | NULL, 0), f(2464, 9, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(3528, 12, 4, Bool, ONE | OMIT, 0), f(8141, 10, 5, String, LIST | NULL, 0),
    // 786 flowcontrol/v1beta3.ServiceAccountSubject: namespace name
    f(8112, 9, 1, String, ONE, 0), f(6365, 4, 2, String, ONE, 0),
    // 787 flowcontrol/v1beta3.Subject: kind user group serviceAccount
    f(6928, 4, 1, String, ONE, 0), f(13419, 4, 2, Message, ONE | NULL, 788), f(6153, 5, 3, Message, ONE | NULL, 773),
    f(11642, 14, 4, Message, ONE | NULL, 786),
    // 788 flowcontrol/v1beta3.UserSubject: name
    f(6365, 4, 1, String, ONE, 0),
    // 789 imagepolicy/v1alpha1.ImageReview: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 791), f(12097, 6, 3, Message, ONE, 792),
    // 790 imagepolicy/v1alpha1.ImageReviewContainerSpec: image
    f(6463, 5, 1, String, ONE | OMIT, 0),
    // 791 imagepolicy/v1alpha1.ImageReviewSpec: containers annotations namespace
    f(3899, 10, 1, Message, LIST | NULL, 790), f(2446, 11, 2, String, MAP | NULL, 0),
    f(8112, 9, 3, String, ONE | OMIT, 0),
    // 792 imagepolicy/v1alpha1.ImageReviewStatus: allowed reason auditAnnotations
    f(2428, 7, 1, Bool, ONE, 0), f(10278, 6, 2, String, ONE | OMIT, 0), f(2791, 16, 3, String, MAP | NULL, 0),
    // 793 meta/v1.APIGroup: name versions preferredVersion serverAddressByClientCIDRs
    f(6365, 4, 1, String, ONE, 0), f(13590, 8, 2, Message, LIST | NULL, 804), f(9754, 16, 3, Message, ONE, 804),
    f(11615, 26, 4, Message, LIST | NULL, 818),
    // 794 meta/v1.APIGroupList: groups
    f(6187, 6, 1, Message, LIST | NULL, 793),
    // 795 meta/v1.APIResource: name namespaced kind verbs shortNames singularName categories group version
    // storageVersionHash
    f(6365, 4, 1, String, ONE, 0), f(8130, 10, 2, Bool, ONE, 0), f(6928, 4, 3, String, ONE, 0),
    f(13568, 5, 4, Strings, ONE | NULL, 0), f(11859, 10, 5, String, LIST | NULL, 0), f(11923, 12, 6, String, ONE, 0),
    f(3283, 10, 7, String, LIST | NULL, 0), f(6153, 5, 8, String, ONE | OMIT, 0), f(308, 7, 9, String, ONE | OMIT, 0),
    f(12294, 18, 10, String, ONE | OMIT, 0),
    // 796 meta/v1.APIResourceList: groupVersion resources
    f(6174, 12, 1, String, ONE, 0), f(12485, 9, 2, Message, LIST | NULL, 795),
    // 797 meta/v1.APIVersions: versions serverAddressByClientCIDRs
    f(13590, 8, 1, String, LIST | NULL, 0), f(11615, 26, 2, Message, LIST | NULL, 818),
    // 798 meta/v1.Condition: type status observedGeneration lastTransitionTime reason message
    f(13161, 4, 1, String, ONE, 0), f(12097, 6, 2, String, ONE, 0), f(8745, 18, 3, Int64, ONE | OMIT, 0),
    f(7184, 18, 4, Time, ONE, 0), f(10278, 6, 5, String, ONE, 0), f(7821, 7, 6, String, ONE, 0),
    // 799 meta/v1.CreateOptions: dryRun fieldManager fieldValidation
    f(5008, 6, 1, String, LIST | NULL, 0), HOLE, f(5630, 12, 3, String, ONE | OMIT, 0),
    f(5676, 15, 4, String, ONE | OMIT, 0),
    // 800 meta/v1.DeleteOptions: gracePeriodSeconds preconditions orphanDependents propagationPolicy dryRun
    // ignoreStoreReadErrorWithClusterBreakingPotential
    f(6134, 18, 1, Int64, ONE | NULL, 0), f(9648, 13, 2, Message, ONE | NULL, 817), f(8900, 16, 3, Bool, ONE | NULL, 0),
    f(9957, 17, 4, String, ONE | NULL, 0), f(5008, 6, 5, String, LIST | NULL, 0), f(6414, 48, 6, Bool, ONE | NULL, 0),
    // 801 meta/v1.FieldSelectorRequirement: key operator values
    f(6904, 3, 1, String, ONE, 0), f(8858, 8, 2, String, ONE, 0), f(13551, 6, 3, String, LIST | NULL, 0),
    // 802 meta/v1.GetOptions: resourceVersion
    f(10924, 15, 1, String, ONE | OMIT, 0),
    // 803 meta/v1.GroupResource: group resource
    f(6153, 5, 1, String, ONE, 0), f(10676, 8, 2, String, ONE, 0),
    // 804 meta/v1.GroupVersionForDiscovery: groupVersion version
    f(6174, 12, 1, String, ONE, 0), f(308, 7, 2, String, ONE, 0),
    // 805 meta/v1.GroupVersionKind: group version kind
    f(6153, 5, 1, String, ONE, 0), f(308, 7, 2, String, ONE, 0), f(6928, 4, 3, String, ONE, 0),
    // 806 meta/v1.GroupVersionResource: group version resource
    f(6153, 5, 1, String, ONE, 0), f(308, 7, 2, String, ONE, 0), f(10676, 8, 3, String, ONE, 0),
    // 807 meta/v1.LabelSelector: matchLabels matchExpressions
    f(7602, 11, 1, String, MAP | NULL, 0), f(7551, 16, 2, Message, LIST | NULL, 808),
    // 808 meta/v1.LabelSelectorRequirement: key operator values
    f(6904, 3, 1, String, ONE, 0), f(8858, 8, 2, String, ONE, 0), f(13551, 6, 3, String, LIST | NULL, 0),
    // 809 meta/v1.ListMeta: selfLink resourceVersion continue remainingItemCount shardInfo
    f(11566, 8, 1, String, ONE | OMIT, 0), f(10924, 15, 2, String, ONE | OMIT, 0), f(3910, 8, 3, String, ONE | OMIT, 0),
    f(10369, 18, 4, Int64, ONE | NULL, 0), f(11780, 9, 5, Message, ONE | NULL, 819),
    // 810 meta/v1.ListOptions: labelSelector fieldSelector watch resourceVersion timeoutSeconds limit continue
    // allowWatchBookmarks resourceVersionMatch sendInitialEvents shardSelector
    f(6998, 13, 1, String, ONE | OMIT, 0), f(5662, 13, 2, String, ONE | OMIT, 0), f(13845, 5, 3, Bool, ONE | OMIT, 0),
    f(10924, 15, 4, String, ONE | OMIT, 0), f(12963, 14, 5, Int64, ONE | NULL, 0), HOLE,
    f(7298, 5, 7, Int64, ONE | OMIT, 0), f(3910, 8, 8, String, ONE | OMIT, 0), f(2408, 19, 9, Bool, ONE | OMIT, 0),
    f(10924, 20, 10, String, ONE | OMIT, 0), f(11575, 17, 11, Bool, ONE | NULL, 0), HOLE, HOLE, HOLE,
    f(11790, 13, 15, String, ONE | OMIT, 0),
    // 811 meta/v1.ManagedFieldsEntry: manager operation apiVersion time fieldsType fieldsV1 subresource
    f(7480, 7, 1, String, ONE | OMIT, 0), f(8847, 9, 2, String, ONE | OMIT, 0), f(2486, 10, 3, String, ONE | OMIT, 0),
    f(1384, 4, 4, Time, ONE | NULL, 0), HOLE, f(5692, 10, 6, String, ONE | OMIT, 0), f(5703, 8, 7, Json, ONE | NULL, 0),
    f(12482, 11, 8, String, ONE | OMIT, 0),
    // 812 meta/v1.ObjectMeta: name generateName namespace selfLink uid resourceVersion generation creationTimestamp
    // deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields
    f(6365, 4, 1, String, ONE | OMIT, 0), f(6051, 12, 2, String, ONE | OMIT, 0), f(8112, 9, 3, String, ONE | OMIT, 0),
    f(11566, 8, 4, String, ONE | OMIT, 0), f(13174, 3, 5, String, ONE | OMIT, 0),
    f(10924, 15, 6, String, ONE | OMIT, 0), f(6064, 10, 7, Int64, ONE | OMIT, 0), f(4105, 17, 8, Time, ONE | OMIT, 0),
    f(4478, 17, 9, Time, ONE | NULL, 0), f(4451, 26, 10, Int64, ONE | NULL, 0), f(7016, 6, 11, String, MAP | NULL, 0),
    f(2446, 11, 12, String, MAP | NULL, 0), f(8934, 15, 13, Message, LIST | NULL, 813),
    f(5723, 10, 14, String, LIST | NULL, 0), HOLE, HOLE, f(7466, 13, 17, Message, LIST | NULL, 811),
    // 813 meta/v1.OwnerReference: kind name uid apiVersion controller blockOwnerDeletion
    f(6928, 4, 1, String, ONE, 0), HOLE, f(6365, 4, 3, String, ONE, 0), f(13174, 3, 4, String, ONE, 0),
    f(2486, 10, 5, String, ONE, 0), f(3919, 10, 6, Bool, ONE | NULL, 0), f(3168, 18, 7, Bool, ONE | NULL, 0),
    // 814 meta/v1.PartialObjectMetadata: metadata
    f(7854, 8, 1, Message, ONE, 812),
    // 815 meta/v1.PartialObjectMetadataList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 814),
    // 816 meta/v1.PatchOptions: dryRun force fieldManager fieldValidation
    f(5008, 6, 1, String, LIST | NULL, 0), f(5930, 5, 2, Bool, ONE | NULL, 0), f(5630, 12, 3, String, ONE | OMIT, 0),
    f(5676, 15, 4, String, ONE | OMIT, 0),
    // 817 meta/v1.Preconditions: uid resourceVersion
    f(13174, 3, 1, String, ONE | NULL, 0), f(10924, 15, 2, String, ONE | NULL, 0),
    // 818 meta/v1.ServerAddressByClientCIDR: clientCIDR serverAddress
    f(3463, 10, 1, String, ONE, 0), f(11615, 13, 2, String, ONE, 0),
    // 819 meta/v1.ShardInfo: selector
    f(11556, 8, 1, String, ONE, 0),
    // 820 meta/v1.Status: metadata status message reason details code
    f(7854, 8, 1, Message, ONE, 809), f(12097, 6, 2, String, ONE | OMIT, 0), f(7821, 7, 3, String, ONE | OMIT, 0),
    f(10278, 6, 4, String, ONE | OMIT, 0), f(4748, 7, 5, Message, ONE | NULL, 822), f(3560, 4, 6, Int32, ONE | OMIT, 0),
    // 821 meta/v1.StatusCause: reason message field
    f(10278, 6, 1, String, ONE | OMIT, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(5630, 5, 3, String, ONE | OMIT, 0),
    // 822 meta/v1.StatusDetails: name group kind causes retryAfterSeconds uid
    f(6365, 4, 1, String, ONE | OMIT, 0), f(6153, 5, 2, String, ONE | OMIT, 0), f(6928, 4, 3, String, ONE | OMIT, 0),
    f(3294, 6, 4, Message, LIST | NULL, 821), f(10998, 17, 5, Int32, ONE | OMIT, 0),
    f(13174, 3, 6, String, ONE | OMIT, 0),
    // 823 meta/v1.UpdateOptions: dryRun fieldManager fieldValidation
    f(5008, 6, 1, String, LIST | NULL, 0), f(5630, 12, 2, String, ONE | OMIT, 0), f(5676, 15, 3, String, ONE | OMIT, 0),
    // 824 metrics/v1beta1.ContainerMetrics: name usage
    f(6365, 4, 1, String, ONE, 0), f(13412, 5, 2, Quantity, MAP | NULL, 0),
    // 825 metrics/v1beta1.NodeMetrics: metadata timestamp window usage
    f(7854, 8, 1, Message, ONE, 812), f(12978, 9, 2, Time, ONE, 0), f(13928, 6, 3, Duration, ONE, 0),
    f(13412, 5, 4, Quantity, MAP | NULL, 0),
    // 826 metrics/v1beta1.NodeMetricsList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 825),
    // 827 metrics/v1beta1.PodMetrics: metadata timestamp window containers
    f(7854, 8, 1, Message, ONE, 812), f(12978, 9, 2, Time, ONE, 0), f(13928, 6, 3, Duration, ONE, 0),
    f(3899, 10, 4, Message, LIST | NULL, 824),
    // 828 metrics/v1beta1.PodMetricsList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 827),
    // 829 networking/v1.HTTPIngressPath: path backend pathType
    f(9046, 4, 1, String, ONE | OMIT, 0), f(3015, 7, 2, Message, ONE, 836), f(9046, 8, 3, String, ONE | NULL, 0),
    // 830 networking/v1.HTTPIngressRuleValue: paths
    f(9055, 5, 1, Message, LIST | NULL, 829),
    // 831 networking/v1.IPAddress: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 833),
    // 832 networking/v1.IPAddressList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 831),
    // 833 networking/v1.IPAddressSpec: parentRef
    f(9016, 9, 1, Message, ONE | NULL, 858),
    // 834 networking/v1.IPBlock: cidr except
    f(3424, 4, 1, String, ONE, 0), f(5251, 6, 2, String, LIST | NULL, 0),
    // 835 networking/v1.Ingress: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 848), f(12097, 6, 3, Message, ONE, 849),
    // 836 networking/v1.IngressBackend: resource service
    HOLE, HOLE, f(10676, 8, 3, Message, ONE | NULL, 616), f(11642, 7, 4, Message, ONE | NULL, 847),
    // 837 networking/v1.IngressClass: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 840),
    // 838 networking/v1.IngressClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 837),
    // 839 networking/v1.IngressClassParametersReference: apiGroup kind name scope namespace
    f(2464, 8, 1, String, ONE | NULL, 0), f(6928, 4, 2, String, ONE, 0), f(6365, 4, 3, String, ONE, 0),
    f(11341, 5, 4, String, ONE | NULL, 0), f(8112, 9, 5, String, ONE | NULL, 0),
    // 840 networking/v1.IngressClassSpec: controller parameters
    f(3919, 10, 1, String, ONE | OMIT, 0), f(9005, 10, 2, Message, ONE | NULL, 839),
    // 841 networking/v1.IngressList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 835),
    // 842 networking/v1.IngressLoadBalancerIngress: ip hostname ports
    f(2310, 2, 1, String, ONE | OMIT, 0), f(6361, 8, 2, String, ONE | OMIT, 0), HOLE,
    f(9609, 5, 4, Message, LIST | NULL, 844),
    // 843 networking/v1.IngressLoadBalancerStatus: ingress
    f(6569, 7, 1, Message, LIST | NULL, 842),
    // 844 networking/v1.IngressPortStatus: port protocol error
    f(9601, 4, 1, Int32, ONE, 0), f(10003, 8, 2, String, ONE, 0), f(5177, 5, 3, String, ONE | NULL, 0),
    // 845 networking/v1.IngressRule: host (Inline)
    f(6273, 4, 1, String, ONE | OMIT, 0), f(0, 0, 2, Inline, ONE, 846),
    // 846 networking/v1.IngressRuleValue: http
    f(6394, 4, 1, Message, ONE | NULL, 830),
    // 847 networking/v1.IngressServiceBackend: name port
    f(6365, 4, 1, String, ONE, 0), f(9601, 4, 2, Message, ONE, 859),
    // 848 networking/v1.IngressSpec: defaultBackend tls rules ingressClassName
    f(4383, 14, 1, Message, ONE | NULL, 836), f(12635, 3, 2, Message, LIST | NULL, 850),
    f(11070, 5, 3, Message, LIST | NULL, 845), f(6569, 16, 4, String, ONE | NULL, 0),
    // 849 networking/v1.IngressStatus: loadBalancer
    f(7367, 12, 1, Message, ONE, 843),
    // 850 networking/v1.IngressTLS: hosts secretName
    f(6388, 5, 1, String, LIST | NULL, 0), f(11476, 10, 2, String, ONE | OMIT, 0),
    // 851 networking/v1.NetworkPolicy: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 857),
    // 852 networking/v1.NetworkPolicyEgressRule: ports to
    f(9609, 5, 1, Message, LIST | NULL, 856), f(137, 2, 2, Message, LIST | NULL, 855),
    // 853 networking/v1.NetworkPolicyIngressRule: ports from
    f(9609, 5, 1, Message, LIST | NULL, 856), f(5953, 4, 2, Message, LIST | NULL, 855),
    // 854 networking/v1.NetworkPolicyList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 851),
    // 855 networking/v1.NetworkPolicyPeer: podSelector namespaceSelector ipBlock
    f(9505, 11, 1, Message, ONE | NULL, 807), f(8112, 17, 2, Message, ONE | NULL, 807),
    f(6789, 7, 3, Message, ONE | NULL, 834),
    // 856 networking/v1.NetworkPolicyPort: protocol port endPort
    f(10003, 8, 1, String, ONE | NULL, 0), f(9601, 4, 2, IntOrString, ONE | NULL, 0),
    f(5090, 7, 3, Int32, ONE | NULL, 0),
    // 857 networking/v1.NetworkPolicySpec: podSelector ingress egress policyTypes
    f(9505, 11, 1, Message, ONE, 807), f(6569, 7, 2, Message, LIST | NULL, 853),
    f(5022, 6, 3, Message, LIST | NULL, 852), f(9564, 11, 4, String, LIST | NULL, 0),
    // 858 networking/v1.ParentReference: group resource namespace name
    f(6153, 5, 1, String, ONE | OMIT, 0), f(10676, 8, 2, String, ONE | OMIT, 0), f(8112, 9, 3, String, ONE | OMIT, 0),
    f(6365, 4, 4, String, ONE | OMIT, 0),
    // 859 networking/v1.ServiceBackendPort: name number
    f(6365, 4, 1, String, ONE | OMIT, 0), f(8657, 6, 2, Int32, ONE | OMIT, 0),
    // 860 networking/v1.ServiceCIDR: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 862), f(12097, 6, 3, Message, ONE, 863),
    // 861 networking/v1.ServiceCIDRList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 860),
    // 862 networking/v1.ServiceCIDRSpec: cidrs
    f(3424, 5, 1, String, LIST | NULL, 0),
    // 863 networking/v1.ServiceCIDRStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 798),
    // 864 networking/v1beta1.HTTPIngressPath: path backend pathType
    f(9046, 4, 1, String, ONE | OMIT, 0), f(3015, 7, 2, Message, ONE, 870), f(9046, 8, 3, String, ONE | NULL, 0),
    // 865 networking/v1beta1.HTTPIngressRuleValue: paths
    f(9055, 5, 1, Message, LIST | NULL, 864),
    // 866 networking/v1beta1.IPAddress: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 868),
    // 867 networking/v1beta1.IPAddressList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 866),
    // 868 networking/v1beta1.IPAddressSpec: parentRef
    f(9016, 9, 1, Message, ONE | NULL, 884),
    // 869 networking/v1beta1.Ingress: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 881), f(12097, 6, 3, Message, ONE, 882),
    // 870 networking/v1beta1.IngressBackend: serviceName servicePort resource
    f(11708, 11, 1, String, ONE | OMIT, 0), f(11720, 11, 2, IntOrString, ONE, 0),
    f(10676, 8, 3, Message, ONE | NULL, 616),
    // 871 networking/v1beta1.IngressClass: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 874),
    // 872 networking/v1beta1.IngressClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 871),
    // 873 networking/v1beta1.IngressClassParametersReference: apiGroup kind name scope namespace
    f(2464, 8, 1, String, ONE | NULL, 0), f(6928, 4, 2, String, ONE, 0), f(6365, 4, 3, String, ONE, 0),
    f(11341, 5, 4, String, ONE | NULL, 0), f(8112, 9, 5, String, ONE | NULL, 0),
    // 874 networking/v1beta1.IngressClassSpec: controller parameters
    f(3919, 10, 1, String, ONE | OMIT, 0), f(9005, 10, 2, Message, ONE | NULL, 873),
    // 875 networking/v1beta1.IngressList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 869),
    // 876 networking/v1beta1.IngressLoadBalancerIngress: ip hostname ports
    f(2310, 2, 1, String, ONE | OMIT, 0), f(6361, 8, 2, String, ONE | OMIT, 0), HOLE,
    f(9609, 5, 4, Message, LIST | NULL, 878),
    // 877 networking/v1beta1.IngressLoadBalancerStatus: ingress
    f(6569, 7, 1, Message, LIST | NULL, 876),
    // 878 networking/v1beta1.IngressPortStatus: port protocol error
    f(9601, 4, 1, Int32, ONE, 0), f(10003, 8, 2, String, ONE, 0), f(5177, 5, 3, String, ONE | NULL, 0),
    // 879 networking/v1beta1.IngressRule: host (Inline)
    f(6273, 4, 1, String, ONE | OMIT, 0), f(0, 0, 2, Inline, ONE, 880),
    // 880 networking/v1beta1.IngressRuleValue: http
    f(6394, 4, 1, Message, ONE | NULL, 865),
    // 881 networking/v1beta1.IngressSpec: backend tls rules ingressClassName
    f(3015, 7, 1, Message, ONE | NULL, 870), f(12635, 3, 2, Message, LIST | NULL, 883),
    f(11070, 5, 3, Message, LIST | NULL, 879), f(6569, 16, 4, String, ONE | NULL, 0),
    // 882 networking/v1beta1.IngressStatus: loadBalancer
    f(7367, 12, 1, Message, ONE, 877),
    // 883 networking/v1beta1.IngressTLS: hosts secretName
    f(6388, 5, 1, String, LIST | NULL, 0), f(11476, 10, 2, String, ONE | OMIT, 0),
    // 884 networking/v1beta1.ParentReference: group resource namespace name
    f(6153, 5, 1, String, ONE | OMIT, 0), f(10676, 8, 2, String, ONE | OMIT, 0), f(8112, 9, 3, String, ONE | OMIT, 0),
    f(6365, 4, 4, String, ONE | OMIT, 0),
    // 885 networking/v1beta1.ServiceCIDR: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 887), f(12097, 6, 3, Message, ONE, 888),
    // 886 networking/v1beta1.ServiceCIDRList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 885),
    // 887 networking/v1beta1.ServiceCIDRSpec: cidrs
    f(3424, 5, 1, String, LIST | NULL, 0),
    // 888 networking/v1beta1.ServiceCIDRStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 798),
    // 889 node/v1.Overhead: podFixed
    f(9353, 8, 1, Quantity, MAP | NULL, 0),
    // 890 node/v1.RuntimeClass: metadata handler overhead scheduling
    f(7854, 8, 1, Message, ONE, 812), f(6208, 7, 2, String, ONE, 0), f(8925, 8, 3, Message, ONE | NULL, 889),
    f(11210, 10, 4, Message, ONE | NULL, 892),
    // 891 node/v1.RuntimeClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 890),
    // 892 node/v1.Scheduling: nodeSelector tolerations
    f(8433, 12, 1, String, MAP | NULL, 0), f(13037, 11, 2, Message, LIST | NULL, 612),
    // 893 node/v1alpha1.Overhead: podFixed
    f(9353, 8, 1, Quantity, MAP | NULL, 0),
    // 894 node/v1alpha1.RuntimeClass: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 896),
    // 895 node/v1alpha1.RuntimeClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 894),
    // 896 node/v1alpha1.RuntimeClassSpec: runtimeHandler overhead scheduling
    f(11139, 14, 1, String, ONE, 0), f(8925, 8, 2, Message, ONE | NULL, 893), f(11210, 10, 3, Message, ONE | NULL, 897),
    // 897 node/v1alpha1.Scheduling: nodeSelector tolerations
    f(8433, 12, 1, String, MAP | NULL, 0), f(13037, 11, 2, Message, LIST | NULL, 612),
    // 898 node/v1beta1.Overhead: podFixed
    f(9353, 8, 1, Quantity, MAP | NULL, 0),
    // 899 node/v1beta1.RuntimeClass: metadata handler overhead scheduling
    f(7854, 8, 1, Message, ONE, 812), f(6208, 7, 2, String, ONE, 0), f(8925, 8, 3, Message, ONE | NULL, 898),
    f(11210, 10, 4, Message, ONE | NULL, 901),
    // 900 node/v1beta1.RuntimeClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 899),
    // 901 node/v1beta1.Scheduling: nodeSelector tolerations
    f(8433, 12, 1, String, MAP | NULL, 0), f(13037, 11, 2, Message, LIST | NULL, 612),
    // 902 policy/v1.Eviction: metadata deleteOptions
    f(7854, 8, 1, Message, ONE, 812), f(4437, 13, 2, Message, ONE | NULL, 800),
    // 903 policy/v1.PodDisruptionBudget: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 905), f(12097, 6, 3, Message, ONE, 906),
    // 904 policy/v1.PodDisruptionBudgetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 903),
    // 905 policy/v1.PodDisruptionBudgetSpec: minAvailable selector maxUnavailable unhealthyPodEvictionPolicy
    f(7886, 12, 1, IntOrString, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807),
    f(7781, 14, 3, IntOrString, ONE | NULL, 0), f(13241, 26, 4, String, ONE | NULL, 0),
    // 906 policy/v1.PodDisruptionBudgetStatus: observedGeneration disruptedPods disruptionsAllowed currentHealthy
    // desiredHealthy expectedPods conditions
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(4858, 13, 2, Time, MAP | NULL, 0), f(4887, 18, 3, Int32, ONE, 0),
    f(4176, 14, 4, Int32, ONE, 0), f(4682, 14, 5, Int32, ONE, 0), f(5335, 12, 6, Int32, ONE, 0),
    f(9651, 10, 7, Message, LIST | NULL, 798),
    // 907 policy/v1beta1.Eviction: metadata deleteOptions
    f(7854, 8, 1, Message, ONE, 812), f(4437, 13, 2, Message, ONE | NULL, 800),
    // 908 policy/v1beta1.PodDisruptionBudget: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 910), f(12097, 6, 3, Message, ONE, 911),
    // 909 policy/v1beta1.PodDisruptionBudgetList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 908),
    // 910 policy/v1beta1.PodDisruptionBudgetSpec: minAvailable selector maxUnavailable unhealthyPodEvictionPolicy
    f(7886, 12, 1, IntOrString, ONE | NULL, 0), f(11556, 8, 2, Message, ONE | NULL, 807),
    f(7781, 14, 3, IntOrString, ONE | NULL, 0), f(13241, 26, 4, String, ONE | NULL, 0),
    // 911 policy/v1beta1.PodDisruptionBudgetStatus: observedGeneration disruptedPods disruptionsAllowed currentHealthy
    // desiredHealthy expectedPods conditions
    f(8745, 18, 1, Int64, ONE | OMIT, 0), f(4858, 13, 2, Time, MAP | NULL, 0), f(4887, 18, 3, Int32, ONE, 0),
    f(4176, 14, 4, Int32, ONE, 0), f(4682, 14, 5, Int32, ONE, 0), f(5335, 12, 6, Int32, ONE, 0),
    f(9651, 10, 7, Message, LIST | NULL, 798),
    // 912 rbac/v1.AggregationRule: clusterRoleSelectors
    f(3507, 20, 1, Message, LIST | NULL, 807),
    // 913 rbac/v1.ClusterRole: metadata rules aggregationRule
    f(7854, 8, 1, Message, ONE, 812), f(11070, 5, 2, Message, LIST | NULL, 917),
    f(2140, 15, 3, Message, ONE | NULL, 912),
    // 914 rbac/v1.ClusterRoleBinding: metadata subjects roleRef
    f(7854, 8, 1, Message, ONE, 812), f(12473, 8, 2, Message, LIST | NULL, 923), f(11037, 7, 3, Message, ONE, 922),
    // 915 rbac/v1.ClusterRoleBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 914),
    // 916 rbac/v1.ClusterRoleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 913),
    // 917 rbac/v1.PolicyRule: verbs apiGroups resources resourceNames nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), f(2464, 9, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(10877, 13, 4, String, LIST | NULL, 0),
    f(8590, 15, 5, String, LIST | NULL, 0),
    // 918 rbac/v1.Role: metadata rules
    f(7854, 8, 1, Message, ONE, 812), f(11070, 5, 2, Message, LIST | NULL, 917),
    // 919 rbac/v1.RoleBinding: metadata subjects roleRef
    f(7854, 8, 1, Message, ONE, 812), f(12473, 8, 2, Message, LIST | NULL, 923), f(11037, 7, 3, Message, ONE, 922),
    // 920 rbac/v1.RoleBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 919),
    // 921 rbac/v1.RoleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 918),
    // 922 rbac/v1.RoleRef: apiGroup kind name
    f(2464, 8, 1, String, ONE, 0), f(6928, 4, 2, String, ONE, 0), f(6365, 4, 3, String, ONE, 0),
    // 923 rbac/v1.Subject: kind apiGroup name namespace
    f(6928, 4, 1, String, ONE, 0), f(2464, 8, 2, String, ONE | OMIT, 0), f(6365, 4, 3, String, ONE, 0),
    f(8112, 9, 4, String, ONE | OMIT, 0),
    // 924 rbac/v1alpha1.AggregationRule: clusterRoleSelectors
    f(3507, 20, 1, Message, LIST | NULL, 807),
    // 925 rbac/v1alpha1.ClusterRole: metadata rules aggregationRule
    f(7854, 8, 1, Message, ONE, 812), f(11070, 5, 2, Message, LIST | NULL, 929),
    f(2140, 15, 3, Message, ONE | NULL, 924),
    // 926 rbac/v1alpha1.ClusterRoleBinding: metadata subjects roleRef
    f(7854, 8, 1, Message, ONE, 812), f(12473, 8, 2, Message, LIST | NULL, 935), f(11037, 7, 3, Message, ONE, 934),
    // 927 rbac/v1alpha1.ClusterRoleBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 926),
    // 928 rbac/v1alpha1.ClusterRoleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 925),
    // 929 rbac/v1alpha1.PolicyRule: verbs apiGroups resources resourceNames nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), HOLE, f(2464, 9, 3, String, LIST | NULL, 0),
    f(12485, 9, 4, String, LIST | NULL, 0), f(10877, 13, 5, String, LIST | NULL, 0),
    f(8590, 15, 6, String, LIST | NULL, 0),
    // 930 rbac/v1alpha1.Role: metadata rules
    f(7854, 8, 1, Message, ONE, 812), f(11070, 5, 2, Message, LIST | NULL, 929),
    // 931 rbac/v1alpha1.RoleBinding: metadata subjects roleRef
    f(7854, 8, 1, Message, ONE, 812), f(12473, 8, 2, Message, LIST | NULL, 935), f(11037, 7, 3, Message, ONE, 934),
    // 932 rbac/v1alpha1.RoleBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 931),
    // 933 rbac/v1alpha1.RoleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 930),
    // 934 rbac/v1alpha1.RoleRef: apiGroup kind name
    f(2464, 8, 1, String, ONE, 0), f(6928, 4, 2, String, ONE, 0), f(6365, 4, 3, String, ONE, 0),
    // 935 rbac/v1alpha1.Subject: kind apiVersion name namespace
    f(6928, 4, 1, String, ONE, 0), f(2486, 10, 2, String, ONE | OMIT, 0), f(6365, 4, 3, String, ONE, 0),
    f(8112, 9, 4, String, ONE | OMIT, 0),
    // 936 rbac/v1beta1.AggregationRule: clusterRoleSelectors
    f(3507, 20, 1, Message, LIST | NULL, 807),
    // 937 rbac/v1beta1.ClusterRole: metadata rules aggregationRule
    f(7854, 8, 1, Message, ONE, 812), f(11070, 5, 2, Message, LIST | NULL, 941),
    f(2140, 15, 3, Message, ONE | NULL, 936),
    // 938 rbac/v1beta1.ClusterRoleBinding: metadata subjects roleRef
    f(7854, 8, 1, Message, ONE, 812), f(12473, 8, 2, Message, LIST | NULL, 947), f(11037, 7, 3, Message, ONE, 946),
    // 939 rbac/v1beta1.ClusterRoleBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 938),
    // 940 rbac/v1beta1.ClusterRoleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 937),
    // 941 rbac/v1beta1.PolicyRule: verbs apiGroups resources resourceNames nonResourceURLs
    f(13568, 5, 1, String, LIST | NULL, 0), f(2464, 9, 2, String, LIST | NULL, 0),
    f(12485, 9, 3, String, LIST | NULL, 0), f(10877, 13, 4, String, LIST | NULL, 0),
    f(8590, 15, 5, String, LIST | NULL, 0),
    // 942 rbac/v1beta1.Role: metadata rules
    f(7854, 8, 1, Message, ONE, 812), f(11070, 5, 2, Message, LIST | NULL, 941),
    // 943 rbac/v1beta1.RoleBinding: metadata subjects roleRef
    f(7854, 8, 1, Message, ONE, 812), f(12473, 8, 2, Message, LIST | NULL, 947), f(11037, 7, 3, Message, ONE, 946),
    // 944 rbac/v1beta1.RoleBindingList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 943),
    // 945 rbac/v1beta1.RoleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 942),
    // 946 rbac/v1beta1.RoleRef: apiGroup kind name
    f(2464, 8, 1, String, ONE, 0), f(6928, 4, 2, String, ONE, 0), f(6365, 4, 3, String, ONE, 0),
    // 947 rbac/v1beta1.Subject: kind apiGroup name namespace
    f(6928, 4, 1, String, ONE, 0), f(2464, 8, 2, String, ONE | OMIT, 0), f(6365, 4, 3, String, ONE, 0),
    f(8112, 9, 4, String, ONE | OMIT, 0),
    // 948 resource/v1.AllocatedDeviceStatus: driver pool device conditions data networkData shareID
    f(4984, 6, 1, String, ONE, 0), f(9576, 4, 2, String, ONE, 0), f(4756, 6, 3, String, ONE, 0),
    f(9651, 10, 4, Message, LIST | NULL, 798), f(894, 4, 5, Raw, ONE | NULL, 0),
    f(8152, 11, 6, Message, ONE | NULL, 977), f(11804, 7, 7, String, ONE | NULL, 0),
    // 949 resource/v1.AllocationResult: devices nodeSelector allocationTimestamp
    f(4798, 7, 1, Message, ONE, 958), HOLE, f(8433, 12, 3, Message, ONE | NULL, 506), HOLE,
    f(2317, 19, 5, Time, ONE | NULL, 0),
    // 950 resource/v1.CELDeviceSelector: expression
    f(5386, 10, 1, String, ONE, 0),
    // 951 resource/v1.CapacityRequestPolicy: default validValues validRange
    f(4383, 7, 1, Quantity, ONE | NULL, 0), HOLE, f(13479, 11, 3, Quantity, LIST | NULL, 0),
    f(13468, 10, 4, Message, ONE | NULL, 952),
    // 952 resource/v1.CapacityRequestPolicyRange: min max step
    f(1997, 3, 1, Quantity, ONE | NULL, 0), f(7660, 3, 2, Quantity, ONE | NULL, 0),
    f(12140, 4, 3, Quantity, ONE | NULL, 0),
    // 953 resource/v1.CapacityRequirements: requests
    f(10564, 8, 1, Quantity, MAP | NULL, 0),
    // 954 resource/v1.Counter: value
    f(13525, 5, 1, Quantity, ONE, 0),
    // 955 resource/v1.CounterSet: name counters
    f(6365, 4, 1, String, ONE, 0), f(4096, 8, 2, Message, MAP | NULL, 954),
    // 956 resource/v1.Device: name attributes capacity consumesCounters nodeName nodeSelector allNodes taints
    // bindsToNode bindingConditions bindingFailureConditions allowMultipleAllocations nodeAllocatableResourceMappings
    f(6365, 4, 1, String, ONE, 0), f(2770, 10, 2, Message, MAP | NULL, 959), f(3271, 8, 3, Message, MAP | NULL, 960),
    f(3782, 16, 4, Message, LIST | NULL, 969), f(8394, 8, 5, String, ONE | NULL, 0),
    f(8433, 12, 6, Message, ONE | NULL, 506), f(2156, 8, 7, Bool, ONE | NULL, 0),
    f(12660, 6, 8, Message, LIST | NULL, 974), f(3156, 11, 9, Bool, ONE | NULL, 0),
    f(3113, 17, 10, String, LIST | NULL, 0), f(3131, 24, 11, String, LIST | NULL, 0),
    f(2337, 24, 12, Bool, ONE | NULL, 0), f(8291, 31, 13, Message, MAP | NULL, 978),
    // 957 resource/v1.DeviceAllocationConfiguration: source requests (Inline)
    f(53, 6, 1, String, ONE, 0), f(10564, 8, 2, String, LIST | NULL, 0), f(0, 0, 3, Inline, ONE, 967),
    // 958 resource/v1.DeviceAllocationResult: results config
    f(10990, 7, 1, Message, LIST | NULL, 971), f(3711, 6, 2, Message, LIST | NULL, 957),
    // 959 resource/v1.DeviceAttribute: int bool string version ints bools strings versions
    HOLE, f(463, 3, 2, Int64, ONE | NULL, 0), f(3187, 4, 3, Bool, ONE | NULL, 0), f(12402, 6, 4, String, ONE | NULL, 0),
    f(308, 7, 5, String, ONE | NULL, 0), f(498, 4, 6, Int64, LIST | NULL, 0), f(3187, 5, 7, Bool, LIST | NULL, 0),
    f(12413, 7, 8, String, LIST | NULL, 0), f(13590, 8, 9, String, LIST | NULL, 0),
    // 960 resource/v1.DeviceCapacity: value requestPolicy
    f(13525, 5, 1, Quantity, ONE, 0), f(10515, 13, 2, Message, ONE | NULL, 951),
    // 961 resource/v1.DeviceClaim: requests constraints config
    f(10564, 8, 1, Message, LIST | NULL, 970), f(3753, 11, 2, Message, LIST | NULL, 968),
    f(3711, 6, 3, Message, LIST | NULL, 962),
    // 962 resource/v1.DeviceClaimConfiguration: requests (Inline)
    f(10564, 8, 1, String, LIST | NULL, 0), f(0, 0, 2, Inline, ONE, 967),
    // 963 resource/v1.DeviceClass: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 966),
    // 964 resource/v1.DeviceClassConfiguration: (Inline)
    f(0, 0, 1, Inline, ONE, 967),
    // 965 resource/v1.DeviceClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 963),
    // 966 resource/v1.DeviceClassSpec: selectors config extendedResourceName
    f(11556, 9, 1, Message, LIST | NULL, 972), f(3711, 6, 2, Message, LIST | NULL, 964), HOLE,
    f(5433, 20, 4, String, ONE | NULL, 0),
    // 967 resource/v1.DeviceConfiguration: opaque
    f(8808, 6, 1, Message, ONE | NULL, 979),
    // 968 resource/v1.DeviceConstraint: requests matchAttribute distinctAttribute
    f(10564, 8, 1, String, LIST | NULL, 0), f(7503, 14, 2, String, ONE | NULL, 0),
    f(4906, 17, 3, String, ONE | NULL, 0),
    // 969 resource/v1.DeviceCounterConsumption: counterSet counters
    f(4085, 10, 1, String, ONE, 0), f(4096, 8, 2, Message, MAP | NULL, 954),
    // 970 resource/v1.DeviceRequest: name exactly firstAvailable
    f(6365, 4, 1, String, ONE, 0), f(5235, 7, 2, Message, ONE | NULL, 976), f(5745, 14, 3, Message, LIST | NULL, 973),
    // 971 resource/v1.DeviceRequestAllocationResult: request driver pool device adminAccess tolerations
    // bindingConditions bindingFailureConditions shareID consumedCapacity
    f(10475, 7, 1, String, ONE, 0), f(4984, 6, 2, String, ONE, 0), f(9576, 4, 3, String, ONE, 0),
    f(4756, 6, 4, String, ONE, 0), f(1995, 11, 5, Bool, ONE | NULL, 0), f(13037, 11, 6, Message, LIST | NULL, 975),
    f(3113, 17, 7, String, LIST | NULL, 0), f(3131, 24, 8, String, LIST | NULL, 0),
    f(11804, 7, 9, String, ONE | NULL, 0), f(3765, 16, 10, Quantity, MAP | NULL, 0),
    // 972 resource/v1.DeviceSelector: cel
    f(3301, 3, 1, Message, ONE | NULL, 950),
    // 973 resource/v1.DeviceSubRequest: name deviceClassName selectors allocationMode count tolerations capacity
    f(6365, 4, 1, String, ONE, 0), f(4756, 15, 2, String, ONE, 0), f(11556, 9, 3, Message, LIST | NULL, 972),
    f(2281, 14, 4, String, ONE | OMIT, 0), f(1503, 5, 5, Int64, ONE | OMIT, 0),
    f(13037, 11, 6, Message, LIST | NULL, 975), f(3271, 8, 7, Message, ONE | NULL, 953),
    // 974 resource/v1.DeviceTaint: key value effect timeAdded
    f(6904, 3, 1, String, ONE, 0), f(13525, 5, 2, String, ONE | OMIT, 0), f(5015, 6, 3, String, ONE, 0),
    f(12944, 9, 4, Time, ONE | NULL, 0),
    // 975 resource/v1.DeviceToleration: key operator value effect tolerationSeconds
    f(6904, 3, 1, String, ONE | OMIT, 0), f(8858, 8, 2, String, ONE | OMIT, 0), f(13525, 5, 3, String, ONE | OMIT, 0),
    f(5015, 6, 4, String, ONE | OMIT, 0), f(13019, 17, 5, Int64, ONE | NULL, 0),
    // 976 resource/v1.ExactDeviceRequest: deviceClassName selectors allocationMode count adminAccess tolerations
    // capacity
    f(4756, 15, 1, String, ONE, 0), f(11556, 9, 2, Message, LIST | NULL, 972), f(2281, 14, 3, String, ONE | OMIT, 0),
    f(1503, 5, 4, Int64, ONE | OMIT, 0), f(1995, 11, 5, Bool, ONE | NULL, 0),
    f(13037, 11, 6, Message, LIST | NULL, 975), f(3271, 8, 7, Message, ONE | NULL, 953),
    // 977 resource/v1.NetworkDeviceData: interfaceName ips hardwareAddress
    f(6703, 13, 1, String, ONE | OMIT, 0), f(6830, 3, 2, String, LIST | NULL, 0), f(6216, 15, 3, String, ONE | OMIT, 0),
    // 978 resource/v1.NodeAllocatableResourceMapping: capacityKey allocationMultiplier
    f(3271, 11, 1, String, ONE | NULL, 0), f(2296, 20, 2, Quantity, ONE | NULL, 0),
    // 979 resource/v1.OpaqueDeviceConfiguration: driver parameters
    f(4984, 6, 1, String, ONE, 0), f(9005, 10, 2, Raw, ONE, 0),
    // 980 resource/v1.ResourceClaim: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 983), f(12097, 6, 3, Message, ONE, 984),
    // 981 resource/v1.ResourceClaimConsumerReference: apiGroup resource name uid
    f(2464, 8, 1, String, ONE | OMIT, 0), HOLE, f(10676, 8, 3, String, ONE, 0), f(6365, 4, 4, String, ONE, 0),
    f(13174, 3, 5, String, ONE, 0),
    // 982 resource/v1.ResourceClaimList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 980),
    // 983 resource/v1.ResourceClaimSpec: devices
    f(4798, 7, 1, Message, ONE, 961),
    // 984 resource/v1.ResourceClaimStatus: allocation reservedFor devices
    f(2281, 10, 1, Message, ONE | NULL, 949), f(10651, 11, 2, Message, LIST | NULL, 981), HOLE,
    f(4798, 7, 4, Message, LIST | NULL, 948),
    // 985 resource/v1.ResourceClaimTemplate: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 987),
    // 986 resource/v1.ResourceClaimTemplateList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 985),
    // 987 resource/v1.ResourceClaimTemplateSpec: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 983),
    // 988 resource/v1.ResourcePool: name generation resourceSliceCount
    f(6365, 4, 1, String, ONE, 0), f(6064, 10, 2, Int64, ONE, 0), f(10905, 18, 3, Int64, ONE, 0),
    // 989 resource/v1.ResourceSlice: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 991),
    // 990 resource/v1.ResourceSliceList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 989),
    // 991 resource/v1.ResourceSliceSpec: driver pool nodeName nodeSelector allNodes devices perDeviceNodeSelection
    // sharedCounters
    f(4984, 6, 1, String, ONE, 0), f(9576, 4, 2, Message, ONE, 988), f(8394, 8, 3, String, ONE | NULL, 0),
    f(8433, 12, 4, Message, ONE | NULL, 506), f(2156, 8, 5, Bool, ONE | NULL, 0),
    f(4798, 7, 6, Message, LIST | NULL, 956), f(9098, 22, 7, Bool, ONE | NULL, 0),
    f(11844, 14, 8, Message, LIST | NULL, 955),
    // 992 resource/v1alpha3.DeviceTaint: key value effect timeAdded
    f(6904, 3, 1, String, ONE, 0), f(13525, 5, 2, String, ONE | OMIT, 0), f(5015, 6, 3, String, ONE, 0),
    f(12944, 9, 4, Time, ONE | NULL, 0),
    // 993 resource/v1alpha3.DeviceTaintRule: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 995), f(12097, 6, 3, Message, ONE, 996),
    // 994 resource/v1alpha3.DeviceTaintRuleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 993),
    // 995 resource/v1alpha3.DeviceTaintRuleSpec: deviceSelector taint
    f(4783, 14, 1, Message, ONE | NULL, 997), f(12660, 5, 2, Message, ONE, 992),
    // 996 resource/v1alpha3.DeviceTaintRuleStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 798),
    // 997 resource/v1alpha3.DeviceTaintSelector: driver pool device
    HOLE, f(4984, 6, 2, String, ONE | NULL, 0), f(9576, 4, 3, String, ONE | NULL, 0),
    f(4756, 6, 4, String, ONE | NULL, 0),
    // 998 resource/v1alpha3.PoolStatus: driver poolName nodeName totalDevices allocatedDevices availableDevices
    // unavailableDevices resourceSliceCount generation validationError
    f(4984, 6, 1, String, ONE | OMIT, 0), f(9586, 8, 2, String, ONE | OMIT, 0), f(8394, 8, 3, String, ONE | NULL, 0),
    f(13088, 12, 4, Int32, ONE | NULL, 0), f(2213, 16, 5, Int32, ONE | NULL, 0), f(13180, 16, 6, Int32, ONE | NULL, 0),
    f(13178, 18, 7, Int32, ONE | NULL, 0), f(10905, 18, 8, Int32, ONE | NULL, 0), f(6064, 10, 9, Int64, ONE, 0),
    f(13509, 15, 10, String, ONE | NULL, 0),
    // 999 resource/v1alpha3.ResourcePoolStatusRequest: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1001), f(12097, 6, 3, Message, ONE | NULL, 1002),
    // 1000 resource/v1alpha3.ResourcePoolStatusRequestList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 999),
    // 1001 resource/v1alpha3.ResourcePoolStatusRequestSpec: driver poolName limit
    f(4984, 6, 1, String, ONE, 0), f(9586, 8, 2, String, ONE | NULL, 0), f(7298, 5, 3, Int32, ONE | NULL, 0),
    // 1002 resource/v1alpha3.ResourcePoolStatusRequestStatus: pools conditions poolCount
    HOLE, f(9595, 5, 2, Message, LIST | NULL, 998), f(9651, 10, 3, Message, LIST | NULL, 798), HOLE, HOLE,
    f(9576, 9, 6, Int32, ONE | NULL, 0),
    // 1003 resource/v1beta1.AllocatedDeviceStatus: driver pool device conditions data networkData shareID
    f(4984, 6, 1, String, ONE, 0), f(9576, 4, 2, String, ONE, 0), f(4756, 6, 3, String, ONE, 0),
    f(9651, 10, 4, Message, LIST | NULL, 798), f(894, 4, 5, Raw, ONE | NULL, 0),
    f(8152, 11, 6, Message, ONE | NULL, 1032), f(11804, 7, 7, String, ONE | NULL, 0),
    // 1004 resource/v1beta1.AllocationResult: devices nodeSelector allocationTimestamp
    f(4798, 7, 1, Message, ONE, 1014), HOLE, f(8433, 12, 3, Message, ONE | NULL, 506), HOLE,
    f(2317, 19, 5, Time, ONE | NULL, 0),
    // 1005 resource/v1beta1.BasicDevice: attributes capacity consumesCounters nodeName nodeSelector allNodes taints
    // bindsToNode bindingConditions bindingFailureConditions allowMultipleAllocations nodeAllocatableResourceMappings
    f(2770, 10, 1, Message, MAP | NULL, 1015), f(3271, 8, 2, Message, MAP | NULL, 1016),
    f(3782, 16, 3, Message, LIST | NULL, 1025), f(8394, 8, 4, String, ONE | NULL, 0),
    f(8433, 12, 5, Message, ONE | NULL, 506), f(2156, 8, 6, Bool, ONE | NULL, 0),
    f(12660, 6, 7, Message, LIST | NULL, 1030), f(3156, 11, 8, Bool, ONE | NULL, 0),
    f(3113, 17, 9, String, LIST | NULL, 0), f(3131, 24, 10, String, LIST | NULL, 0),
    f(2337, 24, 11, Bool, ONE | NULL, 0), f(8291, 31, 12, Message, MAP | NULL, 1033),
    // 1006 resource/v1beta1.CELDeviceSelector: expression
    f(5386, 10, 1, String, ONE, 0),
    // 1007 resource/v1beta1.CapacityRequestPolicy: default validValues validRange
    f(4383, 7, 1, Quantity, ONE | NULL, 0), HOLE, f(13479, 11, 3, Quantity, LIST | NULL, 0),
    f(13468, 10, 4, Message, ONE | NULL, 1008),
    // 1008 resource/v1beta1.CapacityRequestPolicyRange: min max step
    f(1997, 3, 1, Quantity, ONE | NULL, 0), f(7660, 3, 2, Quantity, ONE | NULL, 0),
    f(12140, 4, 3, Quantity, ONE | NULL, 0),
    // 1009 resource/v1beta1.CapacityRequirements: requests
    f(10564, 8, 1, Quantity, MAP | NULL, 0),
    // 1010 resource/v1beta1.Counter: value
    f(13525, 5, 1, Quantity, ONE, 0),
    // 1011 resource/v1beta1.CounterSet: name counters
    f(6365, 4, 1, String, ONE, 0), f(4096, 8, 2, Message, MAP | NULL, 1010),
    // 1012 resource/v1beta1.Device: name basic
    f(6365, 4, 1, String, ONE, 0), f(3044, 5, 2, Message, ONE | NULL, 1005),
    // 1013 resource/v1beta1.DeviceAllocationConfiguration: source requests (Inline)
    f(53, 6, 1, String, ONE, 0), f(10564, 8, 2, String, LIST | NULL, 0), f(0, 0, 3, Inline, ONE, 1023),
    // 1014 resource/v1beta1.DeviceAllocationResult: results config
    f(10990, 7, 1, Message, LIST | NULL, 1027), f(3711, 6, 2, Message, LIST | NULL, 1013),
    // 1015 resource/v1beta1.DeviceAttribute: int bool string version ints bools strings versions
    HOLE, f(463, 3, 2, Int64, ONE | NULL, 0), f(3187, 4, 3, Bool, ONE | NULL, 0), f(12402, 6, 4, String, ONE | NULL, 0),
    f(308, 7, 5, String, ONE | NULL, 0), f(498, 4, 6, Int64, LIST | NULL, 0), f(3187, 5, 7, Bool, LIST | NULL, 0),
    f(12413, 7, 8, String, LIST | NULL, 0), f(13590, 8, 9, String, LIST | NULL, 0),
    // 1016 resource/v1beta1.DeviceCapacity: value requestPolicy
    f(13525, 5, 1, Quantity, ONE, 0), f(10515, 13, 2, Message, ONE | NULL, 1007),
    // 1017 resource/v1beta1.DeviceClaim: requests constraints config
    f(10564, 8, 1, Message, LIST | NULL, 1026), f(3753, 11, 2, Message, LIST | NULL, 1024),
    f(3711, 6, 3, Message, LIST | NULL, 1018),
    // 1018 resource/v1beta1.DeviceClaimConfiguration: requests (Inline)
    f(10564, 8, 1, String, LIST | NULL, 0), f(0, 0, 2, Inline, ONE, 1023),
    // 1019 resource/v1beta1.DeviceClass: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1022),
    // 1020 resource/v1beta1.DeviceClassConfiguration: (Inline)
    f(0, 0, 1, Inline, ONE, 1023),
    // 1021 resource/v1beta1.DeviceClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1019),
    // 1022 resource/v1beta1.DeviceClassSpec: selectors config extendedResourceName
    f(11556, 9, 1, Message, LIST | NULL, 1028), f(3711, 6, 2, Message, LIST | NULL, 1020), HOLE,
    f(5433, 20, 4, String, ONE | NULL, 0),
    // 1023 resource/v1beta1.DeviceConfiguration: opaque
    f(8808, 6, 1, Message, ONE | NULL, 1034),
    // 1024 resource/v1beta1.DeviceConstraint: requests matchAttribute distinctAttribute
    f(10564, 8, 1, String, LIST | NULL, 0), f(7503, 14, 2, String, ONE | NULL, 0),
    f(4906, 17, 3, String, ONE | NULL, 0),
    // 1025 resource/v1beta1.DeviceCounterConsumption: counterSet counters
    f(4085, 10, 1, String, ONE, 0), f(4096, 8, 2, Message, MAP | NULL, 1010),
    // 1026 resource/v1beta1.DeviceRequest: name deviceClassName selectors allocationMode count adminAccess
    // firstAvailable tolerations capacity
    f(6365, 4, 1, String, ONE, 0), f(4756, 15, 2, String, ONE, 0), f(11556, 9, 3, Message, LIST | NULL, 1028),
    f(2281, 14, 4, String, ONE | OMIT, 0), f(1503, 5, 5, Int64, ONE | OMIT, 0), f(1995, 11, 6, Bool, ONE | NULL, 0),
    f(5745, 14, 7, Message, LIST | NULL, 1029), f(13037, 11, 8, Message, LIST | NULL, 1031),
    f(3271, 8, 9, Message, ONE | NULL, 1009),
    // 1027 resource/v1beta1.DeviceRequestAllocationResult: request driver pool device adminAccess tolerations
    // bindingConditions bindingFailureConditions shareID consumedCapacity
    f(10475, 7, 1, String, ONE, 0), f(4984, 6, 2, String, ONE, 0), f(9576, 4, 3, String, ONE, 0),
    f(4756, 6, 4, String, ONE, 0), f(1995, 11, 5, Bool, ONE | NULL, 0), f(13037, 11, 6, Message, LIST | NULL, 1031),
    f(3113, 17, 7, String, LIST | NULL, 0), f(3131, 24, 8, String, LIST | NULL, 0),
    f(11804, 7, 9, String, ONE | NULL, 0), f(3765, 16, 10, Quantity, MAP | NULL, 0),
    // 1028 resource/v1beta1.DeviceSelector: cel
    f(3301, 3, 1, Message, ONE | NULL, 1006),
    // 1029 resource/v1beta1.DeviceSubRequest: name deviceClassName selectors allocationMode count tolerations capacity
    f(6365, 4, 1, String, ONE, 0), f(4756, 15, 2, String, ONE, 0), f(11556, 9, 3, Message, LIST | NULL, 1028),
    f(2281, 14, 4, String, ONE | OMIT, 0), f(1503, 5, 5, Int64, ONE | OMIT, 0), HOLE,
    f(13037, 11, 7, Message, LIST | NULL, 1031), f(3271, 8, 8, Message, ONE | NULL, 1009),
    // 1030 resource/v1beta1.DeviceTaint: key value effect timeAdded
    f(6904, 3, 1, String, ONE, 0), f(13525, 5, 2, String, ONE | OMIT, 0), f(5015, 6, 3, String, ONE, 0),
    f(12944, 9, 4, Time, ONE | NULL, 0),
    // 1031 resource/v1beta1.DeviceToleration: key operator value effect tolerationSeconds
    f(6904, 3, 1, String, ONE | OMIT, 0), f(8858, 8, 2, String, ONE | OMIT, 0), f(13525, 5, 3, String, ONE | OMIT, 0),
    f(5015, 6, 4, String, ONE | OMIT, 0), f(13019, 17, 5, Int64, ONE | NULL, 0),
    // 1032 resource/v1beta1.NetworkDeviceData: interfaceName ips hardwareAddress
    f(6703, 13, 1, String, ONE | OMIT, 0), f(6830, 3, 2, String, LIST | NULL, 0), f(6216, 15, 3, String, ONE | OMIT, 0),
    // 1033 resource/v1beta1.NodeAllocatableResourceMapping: capacityKey allocationMultiplier
    f(3271, 11, 1, String, ONE | NULL, 0), f(2296, 20, 2, Quantity, ONE | NULL, 0),
    // 1034 resource/v1beta1.OpaqueDeviceConfiguration: driver parameters
    f(4984, 6, 1, String, ONE, 0), f(9005, 10, 2, Raw, ONE, 0),
    // 1035 resource/v1beta1.ResourceClaim: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1038), f(12097, 6, 3, Message, ONE, 1039),
    // 1036 resource/v1beta1.ResourceClaimConsumerReference: apiGroup resource name uid
    f(2464, 8, 1, String, ONE | OMIT, 0), HOLE, f(10676, 8, 3, String, ONE, 0), f(6365, 4, 4, String, ONE, 0),
    f(13174, 3, 5, String, ONE, 0),
    // 1037 resource/v1beta1.ResourceClaimList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1035),
    // 1038 resource/v1beta1.ResourceClaimSpec: devices
    f(4798, 7, 1, Message, ONE, 1017),
    // 1039 resource/v1beta1.ResourceClaimStatus: allocation reservedFor devices
    f(2281, 10, 1, Message, ONE | NULL, 1004), f(10651, 11, 2, Message, LIST | NULL, 1036), HOLE,
    f(4798, 7, 4, Message, LIST | NULL, 1003),
    // 1040 resource/v1beta1.ResourceClaimTemplate: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1042),
    // 1041 resource/v1beta1.ResourceClaimTemplateList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1040),
    // 1042 resource/v1beta1.ResourceClaimTemplateSpec: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1038),
    // 1043 resource/v1beta1.ResourcePool: name generation resourceSliceCount
    f(6365, 4, 1, String, ONE, 0), f(6064, 10, 2, Int64, ONE, 0), f(10905, 18, 3, Int64, ONE, 0),
    // 1044 resource/v1beta1.ResourceSlice: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1046),
    // 1045 resource/v1beta1.ResourceSliceList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1044),
    // 1046 resource/v1beta1.ResourceSliceSpec: driver pool nodeName nodeSelector allNodes devices
    // perDeviceNodeSelection sharedCounters
    f(4984, 6, 1, String, ONE, 0), f(9576, 4, 2, Message, ONE, 1043), f(8394, 8, 3, String, ONE | OMIT, 0),
    f(8433, 12, 4, Message, ONE | NULL, 506), f(2156, 8, 5, Bool, ONE | OMIT, 0),
    f(4798, 7, 6, Message, LIST | NULL, 1012), f(9098, 22, 7, Bool, ONE | NULL, 0),
    f(11844, 14, 8, Message, LIST | NULL, 1011),
    // 1047 resource/v1beta2.AllocatedDeviceStatus: driver pool device conditions data networkData shareID
    f(4984, 6, 1, String, ONE, 0), f(9576, 4, 2, String, ONE, 0), f(4756, 6, 3, String, ONE, 0),
    f(9651, 10, 4, Message, LIST | NULL, 798), f(894, 4, 5, Raw, ONE | NULL, 0),
    f(8152, 11, 6, Message, ONE | NULL, 1081), f(11804, 7, 7, String, ONE | NULL, 0),
    // 1048 resource/v1beta2.AllocationResult: devices nodeSelector allocationTimestamp
    f(4798, 7, 1, Message, ONE, 1057), HOLE, f(8433, 12, 3, Message, ONE | NULL, 506), HOLE,
    f(2317, 19, 5, Time, ONE | NULL, 0),
    // 1049 resource/v1beta2.CELDeviceSelector: expression
    f(5386, 10, 1, String, ONE, 0),
    // 1050 resource/v1beta2.CapacityRequestPolicy: default validValues validRange
    f(4383, 7, 1, Quantity, ONE | NULL, 0), HOLE, f(13479, 11, 3, Quantity, LIST | NULL, 0),
    f(13468, 10, 4, Message, ONE | NULL, 1051),
    // 1051 resource/v1beta2.CapacityRequestPolicyRange: min max step
    f(1997, 3, 1, Quantity, ONE | NULL, 0), f(7660, 3, 2, Quantity, ONE | NULL, 0),
    f(12140, 4, 3, Quantity, ONE | NULL, 0),
    // 1052 resource/v1beta2.CapacityRequirements: requests
    f(10564, 8, 1, Quantity, MAP | NULL, 0),
    // 1053 resource/v1beta2.Counter: value
    f(13525, 5, 1, Quantity, ONE, 0),
    // 1054 resource/v1beta2.CounterSet: name counters
    f(6365, 4, 1, String, ONE, 0), f(4096, 8, 2, Message, MAP | NULL, 1053),
    // 1055 resource/v1beta2.Device: name attributes capacity consumesCounters nodeName nodeSelector allNodes taints
    // bindsToNode bindingConditions bindingFailureConditions allowMultipleAllocations nodeAllocatableResourceMappings
    f(6365, 4, 1, String, ONE, 0), f(2770, 10, 2, Message, MAP | NULL, 1058), f(3271, 8, 3, Message, MAP | NULL, 1059),
    f(3782, 16, 4, Message, LIST | NULL, 1068), f(8394, 8, 5, String, ONE | NULL, 0),
    f(8433, 12, 6, Message, ONE | NULL, 506), f(2156, 8, 7, Bool, ONE | NULL, 0),
    f(12660, 6, 8, Message, LIST | NULL, 1073), f(3156, 11, 9, Bool, ONE | NULL, 0),
    f(3113, 17, 10, String, LIST | NULL, 0), f(3131, 24, 11, String, LIST | NULL, 0),
    f(2337, 24, 12, Bool, ONE | NULL, 0), f(8291, 31, 13, Message, MAP | NULL, 1082),
    // 1056 resource/v1beta2.DeviceAllocationConfiguration: source requests (Inline)
    f(53, 6, 1, String, ONE, 0), f(10564, 8, 2, String, LIST | NULL, 0), f(0, 0, 3, Inline, ONE, 1066),
    // 1057 resource/v1beta2.DeviceAllocationResult: results config
    f(10990, 7, 1, Message, LIST | NULL, 1070), f(3711, 6, 2, Message, LIST | NULL, 1056),
    // 1058 resource/v1beta2.DeviceAttribute: int bool string version ints bools strings versions
    HOLE, f(463, 3, 2, Int64, ONE | NULL, 0), f(3187, 4, 3, Bool, ONE | NULL, 0), f(12402, 6, 4, String, ONE | NULL, 0),
    f(308, 7, 5, String, ONE | NULL, 0), f(498, 4, 6, Int64, LIST | NULL, 0), f(3187, 5, 7, Bool, LIST | NULL, 0),
    f(12413, 7, 8, String, LIST | NULL, 0), f(13590, 8, 9, String, LIST | NULL, 0),
    // 1059 resource/v1beta2.DeviceCapacity: value requestPolicy
    f(13525, 5, 1, Quantity, ONE, 0), f(10515, 13, 2, Message, ONE | NULL, 1050),
    // 1060 resource/v1beta2.DeviceClaim: requests constraints config
    f(10564, 8, 1, Message, LIST | NULL, 1069), f(3753, 11, 2, Message, LIST | NULL, 1067),
    f(3711, 6, 3, Message, LIST | NULL, 1061),
    // 1061 resource/v1beta2.DeviceClaimConfiguration: requests (Inline)
    f(10564, 8, 1, String, LIST | NULL, 0), f(0, 0, 2, Inline, ONE, 1066),
    // 1062 resource/v1beta2.DeviceClass: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1065),
    // 1063 resource/v1beta2.DeviceClassConfiguration: (Inline)
    f(0, 0, 1, Inline, ONE, 1066),
    // 1064 resource/v1beta2.DeviceClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1062),
    // 1065 resource/v1beta2.DeviceClassSpec: selectors config extendedResourceName
    f(11556, 9, 1, Message, LIST | NULL, 1071), f(3711, 6, 2, Message, LIST | NULL, 1063), HOLE,
    f(5433, 20, 4, String, ONE | NULL, 0),
    // 1066 resource/v1beta2.DeviceConfiguration: opaque
    f(8808, 6, 1, Message, ONE | NULL, 1083),
    // 1067 resource/v1beta2.DeviceConstraint: requests matchAttribute distinctAttribute
    f(10564, 8, 1, String, LIST | NULL, 0), f(7503, 14, 2, String, ONE | NULL, 0),
    f(4906, 17, 3, String, ONE | NULL, 0),
    // 1068 resource/v1beta2.DeviceCounterConsumption: counterSet counters
    f(4085, 10, 1, String, ONE, 0), f(4096, 8, 2, Message, MAP | NULL, 1053),
    // 1069 resource/v1beta2.DeviceRequest: name exactly firstAvailable
    f(6365, 4, 1, String, ONE, 0), f(5235, 7, 2, Message, ONE | NULL, 1080), f(5745, 14, 3, Message, LIST | NULL, 1072),
    // 1070 resource/v1beta2.DeviceRequestAllocationResult: request driver pool device adminAccess tolerations
    // bindingConditions bindingFailureConditions shareID consumedCapacity
    f(10475, 7, 1, String, ONE, 0), f(4984, 6, 2, String, ONE, 0), f(9576, 4, 3, String, ONE, 0),
    f(4756, 6, 4, String, ONE, 0), f(1995, 11, 5, Bool, ONE | NULL, 0), f(13037, 11, 6, Message, LIST | NULL, 1079),
    f(3113, 17, 7, String, LIST | NULL, 0), f(3131, 24, 8, String, LIST | NULL, 0),
    f(11804, 7, 9, String, ONE | NULL, 0), f(3765, 16, 10, Quantity, MAP | NULL, 0),
    // 1071 resource/v1beta2.DeviceSelector: cel
    f(3301, 3, 1, Message, ONE | NULL, 1049),
    // 1072 resource/v1beta2.DeviceSubRequest: name deviceClassName selectors allocationMode count tolerations capacity
    f(6365, 4, 1, String, ONE, 0), f(4756, 15, 2, String, ONE, 0), f(11556, 9, 3, Message, LIST | NULL, 1071),
    f(2281, 14, 4, String, ONE | OMIT, 0), f(1503, 5, 5, Int64, ONE | OMIT, 0),
    f(13037, 11, 6, Message, LIST | NULL, 1079), f(3271, 8, 7, Message, ONE | NULL, 1052),
    // 1073 resource/v1beta2.DeviceTaint: key value effect timeAdded
    f(6904, 3, 1, String, ONE, 0), f(13525, 5, 2, String, ONE | OMIT, 0), f(5015, 6, 3, String, ONE, 0),
    f(12944, 9, 4, Time, ONE | NULL, 0),
    // 1074 resource/v1beta2.DeviceTaintRule: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1076), f(12097, 6, 3, Message, ONE, 1077),
    // 1075 resource/v1beta2.DeviceTaintRuleList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1074),
    // 1076 resource/v1beta2.DeviceTaintRuleSpec: deviceSelector taint
    f(4783, 14, 1, Message, ONE | NULL, 1078), f(12660, 5, 2, Message, ONE, 1073),
    // 1077 resource/v1beta2.DeviceTaintRuleStatus: conditions
    f(9651, 10, 1, Message, LIST | NULL, 798),
    // 1078 resource/v1beta2.DeviceTaintSelector: driver pool device
    HOLE, f(4984, 6, 2, String, ONE | NULL, 0), f(9576, 4, 3, String, ONE | NULL, 0),
    f(4756, 6, 4, String, ONE | NULL, 0),
    // 1079 resource/v1beta2.DeviceToleration: key operator value effect tolerationSeconds
    f(6904, 3, 1, String, ONE | OMIT, 0), f(8858, 8, 2, String, ONE | OMIT, 0), f(13525, 5, 3, String, ONE | OMIT, 0),
    f(5015, 6, 4, String, ONE | OMIT, 0), f(13019, 17, 5, Int64, ONE | NULL, 0),
    // 1080 resource/v1beta2.ExactDeviceRequest: deviceClassName selectors allocationMode count adminAccess tolerations
    // capacity
    f(4756, 15, 1, String, ONE, 0), f(11556, 9, 2, Message, LIST | NULL, 1071), f(2281, 14, 3, String, ONE | OMIT, 0),
    f(1503, 5, 4, Int64, ONE | OMIT, 0), f(1995, 11, 5, Bool, ONE | NULL, 0),
    f(13037, 11, 6, Message, LIST | NULL, 1079), f(3271, 8, 7, Message, ONE | NULL, 1052),
    // 1081 resource/v1beta2.NetworkDeviceData: interfaceName ips hardwareAddress
    f(6703, 13, 1, String, ONE | OMIT, 0), f(6830, 3, 2, String, LIST | NULL, 0), f(6216, 15, 3, String, ONE | OMIT, 0),
    // 1082 resource/v1beta2.NodeAllocatableResourceMapping: capacityKey allocationMultiplier
    f(3271, 11, 1, String, ONE | NULL, 0), f(2296, 20, 2, Quantity, ONE | NULL, 0),
    // 1083 resource/v1beta2.OpaqueDeviceConfiguration: driver parameters
    f(4984, 6, 1, String, ONE, 0), f(9005, 10, 2, Raw, ONE, 0),
    // 1084 resource/v1beta2.ResourceClaim: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1087), f(12097, 6, 3, Message, ONE, 1088),
    // 1085 resource/v1beta2.ResourceClaimConsumerReference: apiGroup resource name uid
    f(2464, 8, 1, String, ONE | OMIT, 0), HOLE, f(10676, 8, 3, String, ONE, 0), f(6365, 4, 4, String, ONE, 0),
    f(13174, 3, 5, String, ONE, 0),
    // 1086 resource/v1beta2.ResourceClaimList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1084),
    // 1087 resource/v1beta2.ResourceClaimSpec: devices
    f(4798, 7, 1, Message, ONE, 1060),
    // 1088 resource/v1beta2.ResourceClaimStatus: allocation reservedFor devices
    f(2281, 10, 1, Message, ONE | NULL, 1048), f(10651, 11, 2, Message, LIST | NULL, 1085), HOLE,
    f(4798, 7, 4, Message, LIST | NULL, 1047),
    // 1089 resource/v1beta2.ResourceClaimTemplate: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1091),
    // 1090 resource/v1beta2.ResourceClaimTemplateList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1089),
    // 1091 resource/v1beta2.ResourceClaimTemplateSpec: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1087),
    // 1092 resource/v1beta2.ResourcePool: name generation resourceSliceCount
    f(6365, 4, 1, String, ONE, 0), f(6064, 10, 2, Int64, ONE, 0), f(10905, 18, 3, Int64, ONE, 0),
    // 1093 resource/v1beta2.ResourceSlice: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1095),
    // 1094 resource/v1beta2.ResourceSliceList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1093),
    // 1095 resource/v1beta2.ResourceSliceSpec: driver pool nodeName nodeSelector allNodes devices
    // perDeviceNodeSelection sharedCounters
    f(4984, 6, 1, String, ONE, 0), f(9576, 4, 2, Message, ONE, 1092), f(8394, 8, 3, String, ONE | NULL, 0),
    f(8433, 12, 4, Message, ONE | NULL, 506), f(2156, 8, 5, Bool, ONE | NULL, 0),
    f(4798, 7, 6, Message, LIST | NULL, 1055), f(9098, 22, 7, Bool, ONE | NULL, 0),
    f(11844, 14, 8, Message, LIST | NULL, 1054),
    // 1096 scheduling/v1.PriorityClass: metadata value globalDefault description preemptionPolicy
    f(7854, 8, 1, Message, ONE, 812), f(13525, 5, 2, Int32, ONE, 0), f(6087, 13, 3, Bool, ONE | OMIT, 0),
    f(4652, 11, 4, String, ONE | OMIT, 0), f(9662, 16, 5, String, ONE | NULL, 0),
    // 1097 scheduling/v1.PriorityClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1096),
    // 1098 scheduling/v1alpha2.BasicSchedulingPolicy:
    // 1099 scheduling/v1alpha2.GangSchedulingPolicy: minCount
    f(7899, 8, 1, Int32, ONE, 0),
    // 1100 scheduling/v1alpha2.PodGroup: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1106), f(12097, 6, 3, Message, ONE, 1107),
    // 1101 scheduling/v1alpha2.PodGroupList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1100),
    // 1102 scheduling/v1alpha2.PodGroupResourceClaim: name resourceClaimName resourceClaimTemplateName
    f(6365, 4, 1, String, ONE, 0), f(10768, 17, 2, String, ONE | NULL, 0), f(10808, 25, 3, String, ONE | NULL, 0),
    // 1103 scheduling/v1alpha2.PodGroupResourceClaimStatus: name resourceClaimName
    f(6365, 4, 1, String, ONE, 0), f(10768, 17, 2, String, ONE | NULL, 0),
    // 1104 scheduling/v1alpha2.PodGroupSchedulingConstraints: topology
    f(13049, 8, 1, Message, LIST | NULL, 1110),
    // 1105 scheduling/v1alpha2.PodGroupSchedulingPolicy: basic gang
    f(3044, 5, 1, Message, ONE | NULL, 1098), f(6020, 4, 2, Message, ONE | NULL, 1099),
    // 1106 scheduling/v1alpha2.PodGroupSpec: podGroupTemplateRef schedulingPolicy schedulingConstraints resourceClaims
    // disruptionMode priorityClassName priority
    f(9396, 19, 1, Message, ONE | NULL, 1109), f(11317, 16, 2, Message, ONE, 1105),
    f(11263, 21, 3, Message, ONE | NULL, 1104), f(10834, 14, 4, Message, LIST | NULL, 1102),
    f(4872, 14, 5, String, ONE | NULL, 0), f(9839, 17, 6, String, ONE | OMIT, 0), f(9839, 8, 7, Int32, ONE | NULL, 0),
    // 1107 scheduling/v1alpha2.PodGroupStatus: conditions resourceClaimStatuses
    f(9651, 10, 1, Message, LIST | NULL, 798), f(10786, 21, 2, Message, LIST | NULL, 1103),
    // 1108 scheduling/v1alpha2.PodGroupTemplate: name schedulingPolicy schedulingConstraints resourceClaims
    // disruptionMode priorityClassName priority
    f(6365, 4, 1, String, ONE, 0), f(11317, 16, 2, Message, ONE, 1105), f(11263, 21, 3, Message, ONE | NULL, 1104),
    f(10834, 14, 4, Message, LIST | NULL, 1102), f(4872, 14, 5, String, ONE | NULL, 0),
    f(9839, 17, 6, String, ONE | OMIT, 0), f(9839, 8, 7, Int32, ONE | NULL, 0),
    // 1109 scheduling/v1alpha2.PodGroupTemplateReference: workload
    f(13954, 8, 1, Message, ONE | NULL, 1114),
    // 1110 scheduling/v1alpha2.TopologyConstraint: key
    f(6904, 3, 1, String, ONE, 0),
    // 1111 scheduling/v1alpha2.TypedLocalObjectReference: apiGroup kind name
    f(2464, 8, 1, String, ONE | OMIT, 0), f(6928, 4, 2, String, ONE, 0), f(6365, 4, 3, String, ONE, 0),
    // 1112 scheduling/v1alpha2.Workload: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1115),
    // 1113 scheduling/v1alpha2.WorkloadList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1112),
    // 1114 scheduling/v1alpha2.WorkloadPodGroupTemplateReference: workloadName podGroupTemplateName
    f(13954, 12, 1, String, ONE, 0), f(9375, 20, 2, String, ONE, 0),
    // 1115 scheduling/v1alpha2.WorkloadSpec: controllerRef podGroupTemplates
    f(3972, 13, 1, Message, ONE | NULL, 1111), f(9416, 17, 2, Message, LIST | NULL, 1108),
    // 1116 scheduling/v1beta1.PriorityClass: metadata value globalDefault description preemptionPolicy
    f(7854, 8, 1, Message, ONE, 812), f(13525, 5, 2, Int32, ONE, 0), f(6087, 13, 3, Bool, ONE | OMIT, 0),
    f(4652, 11, 4, String, ONE | OMIT, 0), f(9662, 16, 5, String, ONE | NULL, 0),
    // 1117 scheduling/v1beta1.PriorityClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1116),
    // 1118 storage/v1.CSIDriver: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1120),
    // 1119 storage/v1.CSIDriverList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1118),
    // 1120 storage/v1.CSIDriverSpec: attachRequired podInfoOnMount volumeLifecycleModes storageCapacity fsGroupPolicy
    // tokenRequests requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds serviceAccountTokenInSecrets
    // preventPodSchedulingIfMissing
    f(2718, 14, 1, Bool, ONE | NULL, 0), f(9441, 14, 2, Bool, ONE | NULL, 0), f(13700, 20, 3, String, LIST | NULL, 0),
    f(12203, 15, 4, Bool, ONE | NULL, 0), f(5978, 13, 5, String, ONE | NULL, 0),
    f(12995, 13, 6, Message, LIST | NULL, 1129), f(10633, 17, 7, Bool, ONE | NULL, 0),
    f(11392, 12, 8, Bool, ONE | NULL, 0), f(8323, 34, 9, Int64, ONE | NULL, 0), f(11661, 28, 10, Bool, ONE | NULL, 0),
    f(9800, 29, 11, Bool, ONE | NULL, 0),
    // 1121 storage/v1.CSINode: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1124),
    // 1122 storage/v1.CSINodeDriver: name nodeID topologyKeys allocatable
    f(6365, 4, 1, String, ONE, 0), f(8378, 6, 2, String, ONE, 0), f(13049, 12, 3, String, LIST | NULL, 0),
    f(2171, 11, 4, Message, ONE | NULL, 1138),
    // 1123 storage/v1.CSINodeList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1121),
    // 1124 storage/v1.CSINodeSpec: drivers
    f(4995, 7, 1, Message, LIST | NULL, 1122),
    // 1125 storage/v1.CSIStorageCapacity: metadata nodeTopology storageClassName capacity maximumVolumeSize
    f(7854, 8, 1, Message, ONE, 812), f(8487, 12, 2, Message, ONE | NULL, 807), f(12219, 16, 3, String, ONE, 0),
    f(3271, 8, 4, Quantity, ONE | NULL, 0), f(7796, 17, 5, Quantity, ONE | NULL, 0),
    // 1126 storage/v1.CSIStorageCapacityList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1125),
    // 1127 storage/v1.StorageClass: metadata provisioner parameters reclaimPolicy mountOptions allowVolumeExpansion
    // volumeBindingMode allowedTopologies
    f(7854, 8, 1, Message, ONE, 812), f(10023, 11, 2, String, ONE, 0), f(9005, 10, 3, String, MAP | NULL, 0),
    f(10285, 13, 4, String, ONE | NULL, 0), f(8039, 12, 5, String, LIST | NULL, 0), f(2387, 20, 6, Bool, ONE | NULL, 0),
    f(13625, 17, 7, String, ONE | NULL, 0), f(2428, 17, 8, Message, LIST | NULL, 614),
    // 1128 storage/v1.StorageClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1127),
    // 1129 storage/v1.TokenRequest: audience expirationSeconds
    f(2781, 8, 1, String, ONE, 0), f(5348, 17, 2, Int64, ONE | NULL, 0),
    // 1130 storage/v1.VolumeAttachment: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1133), f(12097, 6, 3, Message, ONE, 1134),
    // 1131 storage/v1.VolumeAttachmentList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1130),
    // 1132 storage/v1.VolumeAttachmentSource: persistentVolumeName inlineVolumeSpec
    f(9172, 20, 1, String, ONE | NULL, 0), f(6657, 16, 2, Message, ONE | NULL, 525),
    // 1133 storage/v1.VolumeAttachmentSpec: attacher source nodeName
    f(2742, 8, 1, String, ONE, 0), f(53, 6, 2, Message, ONE, 1132), f(8394, 8, 3, String, ONE, 0),
    // 1134 storage/v1.VolumeAttachmentStatus: attached attachmentMetadata attachError detachError
    f(2733, 8, 1, Bool, ONE, 0), f(2751, 18, 2, String, MAP | NULL, 0), f(2706, 11, 3, Message, ONE | NULL, 1137),
    f(4736, 11, 4, Message, ONE | NULL, 1137),
    // 1135 storage/v1.VolumeAttributesClass: metadata driverName parameters
    f(7854, 8, 1, Message, ONE, 812), f(4984, 10, 2, String, ONE, 0), f(9005, 10, 3, String, MAP | NULL, 0),
    // 1136 storage/v1.VolumeAttributesClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1135),
    // 1137 storage/v1.VolumeError: time message errorCode
    f(1384, 4, 1, Time, ONE, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(5177, 9, 3, Int32, ONE | NULL, 0),
    // 1138 storage/v1.VolumeNodeResources: count
    f(1503, 5, 1, Int32, ONE | NULL, 0),
    // 1139 storage/v1alpha1.CSIStorageCapacity: metadata nodeTopology storageClassName capacity maximumVolumeSize
    f(7854, 8, 1, Message, ONE, 812), f(8487, 12, 2, Message, ONE | NULL, 807), f(12219, 16, 3, String, ONE, 0),
    f(3271, 8, 4, Quantity, ONE | NULL, 0), f(7796, 17, 5, Quantity, ONE | NULL, 0),
    // 1140 storage/v1alpha1.CSIStorageCapacityList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1139),
    // 1141 storage/v1alpha1.VolumeAttachment: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1144), f(12097, 6, 3, Message, ONE, 1145),
    // 1142 storage/v1alpha1.VolumeAttachmentList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1141),
    // 1143 storage/v1alpha1.VolumeAttachmentSource: persistentVolumeName inlineVolumeSpec
    f(9172, 20, 1, String, ONE | NULL, 0), f(6657, 16, 2, Message, ONE | NULL, 525),
    // 1144 storage/v1alpha1.VolumeAttachmentSpec: attacher source nodeName
    f(2742, 8, 1, String, ONE, 0), f(53, 6, 2, Message, ONE, 1143), f(8394, 8, 3, String, ONE, 0),
    // 1145 storage/v1alpha1.VolumeAttachmentStatus: attached attachmentMetadata attachError detachError
    f(2733, 8, 1, Bool, ONE, 0), f(2751, 18, 2, String, MAP | NULL, 0), f(2706, 11, 3, Message, ONE | NULL, 1148),
    f(4736, 11, 4, Message, ONE | NULL, 1148),
    // 1146 storage/v1alpha1.VolumeAttributesClass: metadata driverName parameters
    f(7854, 8, 1, Message, ONE, 812), f(4984, 10, 2, String, ONE, 0), f(9005, 10, 3, String, MAP | NULL, 0),
    // 1147 storage/v1alpha1.VolumeAttributesClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1146),
    // 1148 storage/v1alpha1.VolumeError: time message errorCode
    f(1384, 4, 1, Time, ONE, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(5177, 9, 3, Int32, ONE | NULL, 0),
    // 1149 storage/v1beta1.CSIDriver: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1151),
    // 1150 storage/v1beta1.CSIDriverList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1149),
    // 1151 storage/v1beta1.CSIDriverSpec: attachRequired podInfoOnMount volumeLifecycleModes storageCapacity
    // fsGroupPolicy tokenRequests requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds
    // serviceAccountTokenInSecrets preventPodSchedulingIfMissing
    f(2718, 14, 1, Bool, ONE | NULL, 0), f(9441, 14, 2, Bool, ONE | NULL, 0), f(13700, 20, 3, String, LIST | NULL, 0),
    f(12203, 15, 4, Bool, ONE | NULL, 0), f(5978, 13, 5, String, ONE | NULL, 0),
    f(12995, 13, 6, Message, LIST | NULL, 1160), f(10633, 17, 7, Bool, ONE | NULL, 0),
    f(11392, 12, 8, Bool, ONE | NULL, 0), f(8323, 34, 9, Int64, ONE | NULL, 0), f(11661, 28, 10, Bool, ONE | NULL, 0),
    f(9800, 29, 11, Bool, ONE | NULL, 0),
    // 1152 storage/v1beta1.CSINode: metadata spec
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1155),
    // 1153 storage/v1beta1.CSINodeDriver: name nodeID topologyKeys allocatable
    f(6365, 4, 1, String, ONE, 0), f(8378, 6, 2, String, ONE, 0), f(13049, 12, 3, String, LIST | NULL, 0),
    f(2171, 11, 4, Message, ONE | NULL, 1169),
    // 1154 storage/v1beta1.CSINodeList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1152),
    // 1155 storage/v1beta1.CSINodeSpec: drivers
    f(4995, 7, 1, Message, LIST | NULL, 1153),
    // 1156 storage/v1beta1.CSIStorageCapacity: metadata nodeTopology storageClassName capacity maximumVolumeSize
    f(7854, 8, 1, Message, ONE, 812), f(8487, 12, 2, Message, ONE | NULL, 807), f(12219, 16, 3, String, ONE, 0),
    f(3271, 8, 4, Quantity, ONE | NULL, 0), f(7796, 17, 5, Quantity, ONE | NULL, 0),
    // 1157 storage/v1beta1.CSIStorageCapacityList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1156),
    // 1158 storage/v1beta1.StorageClass: metadata provisioner parameters reclaimPolicy mountOptions
    // allowVolumeExpansion volumeBindingMode allowedTopologies
    f(7854, 8, 1, Message, ONE, 812), f(10023, 11, 2, String, ONE, 0), f(9005, 10, 3, String, MAP | NULL, 0),
    f(10285, 13, 4, String, ONE | NULL, 0), f(8039, 12, 5, String, LIST | NULL, 0), f(2387, 20, 6, Bool, ONE | NULL, 0),
    f(13625, 17, 7, String, ONE | NULL, 0), f(2428, 17, 8, Message, LIST | NULL, 614),
    // 1159 storage/v1beta1.StorageClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1158),
    // 1160 storage/v1beta1.TokenRequest: audience expirationSeconds
    f(2781, 8, 1, String, ONE, 0), f(5348, 17, 2, Int64, ONE | NULL, 0),
    // 1161 storage/v1beta1.VolumeAttachment: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1164), f(12097, 6, 3, Message, ONE, 1165),
    // 1162 storage/v1beta1.VolumeAttachmentList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1161),
    // 1163 storage/v1beta1.VolumeAttachmentSource: persistentVolumeName inlineVolumeSpec
    f(9172, 20, 1, String, ONE | NULL, 0), f(6657, 16, 2, Message, ONE | NULL, 525),
    // 1164 storage/v1beta1.VolumeAttachmentSpec: attacher source nodeName
    f(2742, 8, 1, String, ONE, 0), f(53, 6, 2, Message, ONE, 1163), f(8394, 8, 3, String, ONE, 0),
    // 1165 storage/v1beta1.VolumeAttachmentStatus: attached attachmentMetadata attachError detachError
    f(2733, 8, 1, Bool, ONE, 0), f(2751, 18, 2, String, MAP | NULL, 0), f(2706, 11, 3, Message, ONE | NULL, 1168),
    f(4736, 11, 4, Message, ONE | NULL, 1168),
    // 1166 storage/v1beta1.VolumeAttributesClass: metadata driverName parameters
    f(7854, 8, 1, Message, ONE, 812), f(4984, 10, 2, String, ONE, 0), f(9005, 10, 3, String, MAP | NULL, 0),
    // 1167 storage/v1beta1.VolumeAttributesClassList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1166),
    // 1168 storage/v1beta1.VolumeError: time message errorCode
    f(1384, 4, 1, Time, ONE, 0), f(7821, 7, 2, String, ONE | OMIT, 0), f(5177, 9, 3, Int32, ONE | NULL, 0),
    // 1169 storage/v1beta1.VolumeNodeResources: count
    f(1503, 5, 1, Int32, ONE | NULL, 0),
    // 1170 storagemigration/v1beta1.StorageVersionMigration: metadata spec status
    f(7854, 8, 1, Message, ONE, 812), f(11979, 4, 2, Message, ONE, 1172), f(12097, 6, 3, Message, ONE, 1173),
    // 1171 storagemigration/v1beta1.StorageVersionMigrationList: metadata items
    f(7854, 8, 1, Message, ONE, 809), f(6853, 5, 2, Message, LIST | NULL, 1170),
    // 1172 storagemigration/v1beta1.StorageVersionMigrationSpec: resource
    f(10676, 8, 1, Message, ONE, 803),
    // 1173 storagemigration/v1beta1.StorageVersionMigrationStatus: conditions resourceVersion
    f(9651, 10, 1, Message, LIST | NULL, 798), f(10924, 15, 2, String, ONE | OMIT, 0),
];

/// Where the fields of a message begin, and how many there are.
pub(super) static MESSAGES: [Message; 1174] = [
    m(0, 15), m(15, 7), m(22, 2), m(24, 15), m(39, 7), m(46, 2), m(48, 1), m(49, 2), m(51, 3), m(54, 1), m(55, 2),
    m(57, 7), m(64, 2), m(66, 2), m(68, 2), m(70, 3), m(73, 2), m(75, 7), m(82, 12), m(94, 2), m(96, 2), m(98, 4),
    m(102, 2), m(104, 2), m(106, 4), m(110, 4), m(114, 2), m(116, 4), m(120, 1), m(121, 3), m(124, 2), m(126, 2),
    m(128, 4), m(132, 2), m(134, 7), m(141, 3), m(144, 11), m(155, 2), m(157, 2), m(159, 4), m(163, 2), m(165, 3),
    m(168, 1), m(169, 2), m(171, 3), m(174, 1), m(175, 2), m(177, 7), m(184, 2), m(186, 2), m(188, 2), m(190, 3),
    m(193, 2), m(195, 7), m(202, 4), m(206, 2), m(208, 2), m(210, 4), m(214, 1), m(215, 3), m(218, 2), m(220, 2),
    m(222, 4), m(226, 2), m(228, 7), m(235, 3), m(238, 4), m(242, 2), m(244, 1), m(245, 2), m(247, 3), m(250, 1),
    m(251, 2), m(253, 7), m(260, 2), m(262, 2), m(264, 2), m(266, 3), m(269, 2), m(271, 7), m(278, 12), m(290, 2),
    m(292, 2), m(294, 4), m(298, 2), m(300, 2), m(302, 4), m(306, 4), m(310, 1), m(311, 3), m(314, 2), m(316, 2),
    m(318, 4), m(322, 2), m(324, 7), m(331, 3), m(334, 11), m(345, 2), m(347, 2), m(349, 4), m(353, 2), m(355, 3),
    m(358, 2), m(360, 2), m(362, 8), m(370, 4), m(374, 3), m(377, 2), m(379, 2), m(381, 8), m(389, 4), m(393, 3),
    m(396, 3), m(399, 3), m(402, 2), m(404, 6), m(410, 2), m(412, 3), m(415, 6), m(421, 2), m(423, 6), m(429, 10),
    m(439, 4), m(443, 9), m(452, 3), m(455, 0), m(455, 2), m(457, 1), m(458, 2), m(460, 44), m(504, 2), m(506, 2),
    m(508, 2), m(510, 1), m(511, 4), m(515, 6), m(521, 3), m(524, 3), m(527, 3), m(530, 3), m(533, 2), m(535, 6),
    m(541, 3), m(544, 3), m(547, 6), m(553, 2), m(555, 6), m(561, 11), m(572, 4), m(576, 9), m(585, 3), m(588, 0),
    m(588, 2), m(590, 1), m(591, 2), m(593, 44), m(637, 2), m(639, 2), m(641, 2), m(643, 1), m(644, 4), m(648, 6),
    m(654, 3), m(657, 3), m(660, 5), m(665, 2), m(667, 8), m(675, 1), m(676, 3), m(679, 4), m(683, 3), m(686, 6),
    m(692, 2), m(694, 0), m(694, 3), m(697, 3), m(700, 2), m(702, 3), m(705, 5), m(710, 2), m(712, 6), m(718, 10),
    m(728, 2), m(730, 3), m(733, 7), m(740, 2), m(742, 9), m(751, 9), m(760, 2), m(762, 3), m(765, 5), m(770, 2),
    m(772, 4), m(776, 7), m(783, 2), m(785, 2), m(787, 2), m(789, 3), m(792, 5), m(797, 2), m(799, 1), m(800, 2),
    m(802, 11), m(813, 11), m(824, 2), m(826, 3), m(829, 2), m(831, 3), m(834, 7), m(841, 2), m(843, 3), m(846, 9),
    m(855, 9), m(864, 2), m(866, 1), m(867, 2), m(869, 2), m(871, 3), m(874, 1), m(875, 3), m(878, 3), m(881, 5),
    m(886, 2), m(888, 1), m(889, 2), m(891, 11), m(902, 11), m(913, 2), m(915, 3), m(918, 2), m(920, 3), m(923, 5),
    m(928, 2), m(930, 6), m(936, 10), m(946, 2), m(948, 3), m(951, 7), m(958, 2), m(960, 9), m(969, 9), m(978, 2),
    m(980, 3), m(983, 5), m(988, 2), m(990, 4), m(994, 7), m(1001, 2), m(1003, 2), m(1005, 2), m(1007, 3), m(1010, 1),
    m(1011, 3), m(1014, 3), m(1017, 5), m(1022, 2), m(1024, 1), m(1025, 2), m(1027, 11), m(1038, 11), m(1049, 2),
    m(1051, 4), m(1055, 2), m(1057, 1), m(1058, 3), m(1061, 4), m(1065, 2), m(1067, 3), m(1070, 2), m(1072, 4),
    m(1076, 4), m(1080, 2), m(1082, 1), m(1083, 2), m(1085, 1), m(1086, 3), m(1089, 2), m(1091, 4), m(1095, 4),
    m(1099, 2), m(1101, 2), m(1103, 3), m(1106, 2), m(1108, 2), m(1110, 9), m(1119, 4), m(1123, 3), m(1126, 2),
    m(1128, 3), m(1131, 1), m(1132, 3), m(1135, 6), m(1141, 4), m(1145, 4), m(1149, 3), m(1152, 2), m(1154, 2),
    m(1156, 9), m(1165, 4), m(1169, 3), m(1172, 2), m(1174, 3), m(1177, 1), m(1178, 3), m(1181, 6), m(1187, 4),
    m(1191, 4), m(1195, 3), m(1198, 3), m(1201, 2), m(1203, 4), m(1207, 5), m(1212, 3), m(1215, 1), m(1216, 2),
    m(1218, 3), m(1221, 3), m(1224, 3), m(1227, 2), m(1229, 2), m(1231, 3), m(1234, 4), m(1238, 3), m(1241, 2),
    m(1243, 5), m(1248, 2), m(1250, 5), m(1255, 6), m(1261, 2), m(1263, 7), m(1270, 7), m(1277, 4), m(1281, 3),
    m(1284, 3), m(1287, 3), m(1290, 2), m(1292, 2), m(1294, 2), m(1296, 2), m(1298, 3), m(1301, 2), m(1303, 8),
    m(1311, 5), m(1316, 3), m(1319, 6), m(1325, 2), m(1327, 16), m(1343, 11), m(1354, 2), m(1356, 1), m(1357, 3),
    m(1360, 2), m(1362, 3), m(1365, 1), m(1366, 2), m(1368, 2), m(1370, 3), m(1373, 2), m(1375, 8), m(1383, 5),
    m(1388, 2), m(1390, 3), m(1393, 6), m(1399, 2), m(1401, 8), m(1409, 2), m(1411, 2), m(1413, 2), m(1415, 2),
    m(1417, 3), m(1420, 6), m(1426, 2), m(1428, 8), m(1436, 2), m(1438, 2), m(1440, 2), m(1442, 2), m(1444, 3),
    m(1447, 2), m(1449, 12), m(1461, 6), m(1467, 2), m(1469, 2), m(1471, 7), m(1478, 2), m(1480, 2), m(1482, 6),
    m(1488, 2), m(1490, 2), m(1492, 2), m(1494, 6), m(1500, 2), m(1502, 7), m(1509, 4), m(1513, 3), m(1516, 2),
    m(1518, 2), m(1520, 6), m(1526, 4), m(1530, 3), m(1533, 2), m(1535, 10), m(1545, 5), m(1550, 2), m(1552, 6),
    m(1558, 6), m(1564, 4), m(1568, 4), m(1572, 1), m(1573, 5), m(1578, 4), m(1582, 2), m(1584, 2), m(1586, 4),
    m(1590, 2), m(1592, 3), m(1595, 2), m(1597, 5), m(1602, 4), m(1606, 4), m(1610, 25), m(1635, 3), m(1638, 2),
    m(1640, 5), m(1645, 2), m(1647, 2), m(1649, 2), m(1651, 3), m(1654, 1), m(1655, 7), m(1662, 2), m(1664, 15),
    m(1679, 1), m(1680, 1), m(1681, 1), m(1682, 4), m(1686, 2), m(1688, 2), m(1690, 4), m(1694, 4), m(1698, 3),
    m(1701, 2), m(1703, 2), m(1705, 3), m(1708, 3), m(1711, 5), m(1716, 2), m(1718, 25), m(1743, 1), m(1744, 15),
    m(1759, 2), m(1761, 2), m(1763, 2), m(1765, 1), m(1766, 5), m(1771, 4), m(1775, 5), m(1780, 5), m(1785, 2),
    m(1787, 4), m(1791, 2), m(1793, 3), m(1796, 4), m(1800, 3), m(1803, 5), m(1808, 2), m(1810, 2), m(1812, 1),
    m(1813, 2), m(1815, 12), m(1827, 12), m(1839, 2), m(1841, 1), m(1842, 3), m(1845, 3), m(1848, 4), m(1852, 2),
    m(1854, 6), m(1860, 2), m(1862, 1), m(1863, 3), m(1866, 2), m(1868, 4), m(1872, 1), m(1873, 1), m(1874, 2),
    m(1876, 2), m(1878, 3), m(1881, 3), m(1884, 6), m(1890, 2), m(1892, 1), m(1893, 2), m(1895, 3), m(1898, 2),
    m(1900, 2), m(1902, 3), m(1905, 6), m(1911, 2), m(1913, 4), m(1917, 1), m(1918, 1), m(1919, 2), m(1921, 1),
    m(1922, 2), m(1924, 2), m(1926, 1), m(1927, 3), m(1930, 2), m(1932, 7), m(1939, 14), m(1953, 1), m(1954, 11),
    m(1965, 2), m(1967, 7), m(1974, 3), m(1977, 3), m(1980, 6), m(1986, 2), m(1988, 9), m(1997, 9), m(2006, 2),
    m(2008, 2), m(2010, 2), m(2012, 22), m(2034, 10), m(2044, 4), m(2048, 2), m(2050, 3), m(2053, 2), m(2055, 6),
    m(2061, 2), m(2063, 5), m(2068, 7), m(2075, 7), m(2082, 3), m(2085, 2), m(2087, 6), m(2093, 2), m(2095, 1),
    m(2096, 2), m(2098, 10), m(2108, 1), m(2109, 1), m(2110, 1), m(2111, 1), m(2112, 4), m(2116, 2), m(2118, 1),
    m(2119, 1), m(2120, 13), m(2133, 43), m(2176, 21), m(2197, 2), m(2199, 2), m(2201, 2), m(2203, 2), m(2205, 3),
    m(2208, 3), m(2211, 2), m(2213, 7), m(2220, 4), m(2224, 2), m(2226, 6), m(2232, 8), m(2240, 8), m(2248, 3),
    m(2251, 3), m(2254, 5), m(2259, 2), m(2261, 4), m(2265, 6), m(2271, 2), m(2273, 3), m(2276, 6), m(2282, 3),
    m(2285, 2), m(2287, 3), m(2290, 2), m(2292, 3), m(2295, 2), m(2297, 4), m(2301, 10), m(2311, 10), m(2321, 1),
    m(2322, 3), m(2325, 2), m(2327, 5), m(2332, 2), m(2334, 3), m(2337, 2), m(2339, 4), m(2343, 2), m(2345, 4),
    m(2349, 12), m(2361, 1), m(2362, 3), m(2365, 4), m(2369, 2), m(2371, 3), m(2374, 2), m(2376, 6), m(2382, 1),
    m(2383, 23), m(2406, 2), m(2408, 1), m(2409, 1), m(2410, 5), m(2415, 5), m(2420, 2), m(2422, 2), m(2424, 4),
    m(2428, 5), m(2433, 2), m(2435, 1), m(2436, 8), m(2444, 3), m(2447, 4), m(2451, 2), m(2453, 2), m(2455, 7),
    m(2462, 5), m(2467, 1), m(2468, 6), m(2474, 2), m(2476, 30), m(2506, 1), m(2507, 4), m(2511, 2), m(2513, 4),
    m(2517, 8), m(2525, 3), m(2528, 2), m(2530, 4), m(2534, 4), m(2538, 2), m(2540, 1), m(2541, 1), m(2542, 7),
    m(2549, 3), m(2552, 2), m(2554, 4), m(2558, 4), m(2562, 2), m(2564, 1), m(2565, 1), m(2566, 15), m(2581, 2),
    m(2583, 2), m(2585, 15), m(2600, 2), m(2602, 2), m(2604, 3), m(2607, 5), m(2612, 2), m(2614, 6), m(2620, 10),
    m(2630, 2), m(2632, 3), m(2635, 7), m(2642, 2), m(2644, 3), m(2647, 9), m(2656, 9), m(2665, 2), m(2667, 3),
    m(2670, 1), m(2671, 2), m(2673, 3), m(2676, 3), m(2679, 2), m(2681, 4), m(2685, 1), m(2686, 3), m(2689, 2),
    m(2691, 1), m(2692, 4), m(2696, 1), m(2697, 2), m(2699, 2), m(2701, 2), m(2703, 2), m(2705, 2), m(2707, 3),
    m(2710, 3), m(2713, 4), m(2717, 3), m(2720, 5), m(2725, 2), m(2727, 4), m(2731, 7), m(2738, 1), m(2739, 2),
    m(2741, 2), m(2743, 3), m(2746, 1), m(2747, 3), m(2750, 2), m(2752, 1), m(2753, 3), m(2756, 5), m(2761, 2),
    m(2763, 4), m(2767, 1), m(2768, 1), m(2769, 2), m(2771, 4), m(2775, 6), m(2781, 3), m(2784, 3), m(2787, 5),
    m(2792, 2), m(2794, 1), m(2795, 3), m(2798, 1), m(2799, 3), m(2802, 5), m(2807, 2), m(2809, 4), m(2813, 1),
    m(2814, 2), m(2816, 1), m(2817, 3), m(2820, 5), m(2825, 2), m(2827, 4), m(2831, 1), m(2832, 1), m(2833, 2),
    m(2835, 4), m(2839, 6), m(2845, 3), m(2848, 3), m(2851, 5), m(2856, 2), m(2858, 1), m(2859, 3), m(2862, 1),
    m(2863, 3), m(2866, 5), m(2871, 2), m(2873, 4), m(2877, 1), m(2878, 2), m(2880, 1), m(2881, 3), m(2884, 5),
    m(2889, 2), m(2891, 4), m(2895, 1), m(2896, 1), m(2897, 2), m(2899, 4), m(2903, 6), m(2909, 3), m(2912, 3),
    m(2915, 5), m(2920, 2), m(2922, 1), m(2923, 3), m(2926, 1), m(2927, 3), m(2930, 5), m(2935, 2), m(2937, 4),
    m(2941, 1), m(2942, 2), m(2944, 1), m(2945, 3), m(2948, 5), m(2953, 2), m(2955, 4), m(2959, 1), m(2960, 1),
    m(2961, 2), m(2963, 4), m(2967, 6), m(2973, 3), m(2976, 3), m(2979, 5), m(2984, 2), m(2986, 1), m(2987, 3),
    m(2990, 1), m(2991, 3), m(2994, 5), m(2999, 2), m(3001, 4), m(3005, 1), m(3006, 3), m(3009, 1), m(3010, 3),
    m(3013, 3), m(3016, 4), m(3020, 1), m(3021, 10), m(3031, 2), m(3033, 2), m(3035, 6), m(3041, 4), m(3045, 6),
    m(3051, 3), m(3054, 1), m(3055, 2), m(3057, 2), m(3059, 3), m(3062, 3), m(3065, 2), m(3067, 3), m(3070, 5),
    m(3075, 15), m(3090, 8), m(3098, 17), m(3115, 7), m(3122, 1), m(3123, 2), m(3125, 4), m(3129, 2), m(3131, 2),
    m(3133, 1), m(3134, 6), m(3140, 3), m(3143, 6), m(3149, 3), m(3152, 2), m(3154, 4), m(3158, 2), m(3160, 4),
    m(3164, 2), m(3166, 3), m(3169, 1), m(3170, 2), m(3172, 2), m(3174, 1), m(3175, 2), m(3177, 3), m(3180, 4),
    m(3184, 2), m(3186, 2), m(3188, 5), m(3193, 2), m(3195, 2), m(3197, 4), m(3201, 1), m(3202, 3), m(3205, 2),
    m(3207, 1), m(3208, 2), m(3210, 4), m(3214, 1), m(3215, 2), m(3217, 2), m(3219, 2), m(3221, 2), m(3223, 2),
    m(3225, 3), m(3228, 3), m(3231, 4), m(3235, 4), m(3239, 2), m(3241, 3), m(3244, 2), m(3246, 1), m(3247, 1),
    m(3248, 3), m(3251, 1), m(3252, 2), m(3254, 2), m(3256, 1), m(3257, 3), m(3260, 3), m(3263, 2), m(3265, 2),
    m(3267, 5), m(3272, 2), m(3274, 2), m(3276, 4), m(3280, 1), m(3281, 3), m(3284, 2), m(3286, 1), m(3287, 4),
    m(3291, 1), m(3292, 2), m(3294, 4), m(3298, 3), m(3301, 2), m(3303, 1), m(3304, 1), m(3305, 1), m(3306, 4),
    m(3310, 2), m(3312, 2), m(3314, 1), m(3315, 2), m(3317, 2), m(3319, 3), m(3322, 2), m(3324, 1), m(3325, 4),
    m(3329, 2), m(3331, 2), m(3333, 2), m(3335, 3), m(3338, 2), m(3340, 4), m(3344, 7), m(3351, 2), m(3353, 3),
    m(3356, 2), m(3358, 4), m(3362, 7), m(3369, 1), m(3370, 3), m(3373, 3), m(3376, 2), m(3378, 2), m(3380, 5),
    m(3385, 2), m(3387, 3), m(3390, 2), m(3392, 2), m(3394, 3), m(3397, 4), m(3401, 1), m(3402, 3), m(3405, 3),
    m(3408, 2), m(3410, 2), m(3412, 6), m(3418, 2), m(3420, 3), m(3423, 2), m(3425, 2), m(3427, 3), m(3430, 4),
    m(3434, 1), m(3435, 3), m(3438, 3), m(3441, 2), m(3443, 2), m(3445, 5), m(3450, 2), m(3452, 3), m(3455, 2),
    m(3457, 2), m(3459, 3), m(3462, 4), m(3466, 7), m(3473, 5), m(3478, 1), m(3479, 4), m(3483, 3), m(3486, 1),
    m(3487, 1), m(3488, 2), m(3490, 13), m(3503, 3), m(3506, 2), m(3508, 9), m(3517, 2), m(3519, 3), m(3522, 2),
    m(3524, 2), m(3526, 1), m(3527, 2), m(3529, 4), m(3533, 1), m(3534, 3), m(3537, 2), m(3539, 3), m(3542, 10),
    m(3552, 1), m(3553, 7), m(3560, 4), m(3564, 5), m(3569, 7), m(3576, 3), m(3579, 2), m(3581, 2), m(3583, 3),
    m(3586, 5), m(3591, 2), m(3593, 1), m(3594, 4), m(3598, 2), m(3600, 2), m(3602, 2), m(3604, 3), m(3607, 2),
    m(3609, 2), m(3611, 8), m(3619, 4), m(3623, 3), m(3626, 2), m(3628, 2), m(3630, 1), m(3631, 4), m(3635, 10),
    m(3645, 3), m(3648, 2), m(3650, 3), m(3653, 6), m(3659, 7), m(3666, 5), m(3671, 12), m(3683, 1), m(3684, 4),
    m(3688, 3), m(3691, 1), m(3692, 1), m(3693, 2), m(3695, 2), m(3697, 3), m(3700, 2), m(3702, 9), m(3711, 2),
    m(3713, 3), m(3716, 2), m(3718, 2), m(3720, 1), m(3721, 2), m(3723, 4), m(3727, 1), m(3728, 3), m(3731, 2),
    m(3733, 9), m(3742, 10), m(3752, 1), m(3753, 8), m(3761, 4), m(3765, 5), m(3770, 3), m(3773, 2), m(3775, 2),
    m(3777, 3), m(3780, 5), m(3785, 2), m(3787, 1), m(3788, 4), m(3792, 2), m(3794, 2), m(3796, 2), m(3798, 3),
    m(3801, 2), m(3803, 2), m(3805, 8), m(3813, 7), m(3820, 5), m(3825, 1), m(3826, 4), m(3830, 3), m(3833, 1),
    m(3834, 1), m(3835, 2), m(3837, 13), m(3850, 3), m(3853, 2), m(3855, 9), m(3864, 2), m(3866, 3), m(3869, 2),
    m(3871, 2), m(3873, 1), m(3874, 2), m(3876, 4), m(3880, 1), m(3881, 3), m(3884, 2), m(3886, 3), m(3889, 10),
    m(3899, 1), m(3900, 7), m(3907, 4), m(3911, 3), m(3914, 2), m(3916, 2), m(3918, 1), m(3919, 4), m(3923, 5),
    m(3928, 7), m(3935, 3), m(3938, 2), m(3940, 2), m(3942, 3), m(3945, 5), m(3950, 2), m(3952, 1), m(3953, 4),
    m(3957, 2), m(3959, 2), m(3961, 2), m(3963, 3), m(3966, 2), m(3968, 2), m(3970, 8), m(3978, 5), m(3983, 2),
    m(3985, 0), m(3985, 1), m(3986, 3), m(3989, 2), m(3991, 3), m(3994, 2), m(3996, 1), m(3997, 2), m(3999, 7),
    m(4006, 2), m(4008, 7), m(4015, 1), m(4016, 1), m(4017, 3), m(4020, 2), m(4022, 2), m(4024, 2), m(4026, 2),
    m(4028, 5), m(4033, 2), m(4035, 2), m(4037, 2), m(4039, 11), m(4050, 2), m(4052, 4), m(4056, 2), m(4058, 1),
    m(4059, 5), m(4064, 2), m(4066, 8), m(4074, 2), m(4076, 2), m(4078, 3), m(4081, 2), m(4083, 2), m(4085, 3),
    m(4088, 4), m(4092, 3), m(4095, 2), m(4097, 3), m(4100, 1), m(4101, 5), m(4106, 2), m(4108, 3), m(4111, 2),
    m(4113, 2), m(4115, 3), m(4118, 4), m(4122, 3), m(4125, 2), m(4127, 3), m(4130, 2), m(4132, 2), m(4134, 11),
    m(4145, 2), m(4147, 4), m(4151, 2), m(4153, 1), m(4154, 5), m(4159, 2), m(4161, 8), m(4169, 2), m(4171, 2),
    m(4173, 3), m(4176, 2), m(4178, 2), m(4180, 3), m(4183, 4), m(4187, 3), m(4190, 2), m(4192, 3), m(4195, 1),
    m(4196, 3), m(4199, 2), m(4201, 1), m(4202, 2),
];

/// The kinds, by kind and `apiVersion`: position and length of both, message.
pub(super) static ROOTS: [Root; 342] = [
    r(13, 8, 2024, 2, 793), // v1 APIGroup
    r(13, 17, 2498, 22, 102), // apidiscovery.k8s.io/v2 APIGroupDiscovery
    r(13, 17, 2498, 27, 107), // apidiscovery.k8s.io/v2beta1 APIGroupDiscovery
    r(13, 21, 2498, 22, 103), // apidiscovery.k8s.io/v2 APIGroupDiscoveryList
    r(13, 21, 2498, 27, 108), // apidiscovery.k8s.io/v2beta1 APIGroupDiscoveryList
    r(35, 12, 2024, 2, 794), // v1 APIGroupList
    r(48, 15, 2024, 2, 796), // v1 APIResourceList
    r(64, 10, 2555, 25, 163), // apiregistration.k8s.io/v1 APIService
    r(64, 14, 2555, 25, 165), // apiregistration.k8s.io/v1 APIServiceList
    r(79, 11, 2024, 2, 797), // v1 APIVersions
    r(91, 15, 2007, 19, 2), // admission.k8s.io/v1 AdmissionReview
    r(91, 15, 2007, 24, 5), // admission.k8s.io/v1beta1 AdmissionReview
    r(197, 7, 2024, 2, 400), // v1 Binding
    r(107, 9, 12156, 17, 1118), // storage.k8s.io/v1 CSIDriver
    r(107, 9, 12180, 22, 1149), // storage.k8s.io/v1beta1 CSIDriver
    r(107, 13, 12156, 17, 1119), // storage.k8s.io/v1 CSIDriverList
    r(107, 13, 12180, 22, 1150), // storage.k8s.io/v1beta1 CSIDriverList
    r(121, 7, 12156, 17, 1121), // storage.k8s.io/v1 CSINode
    r(121, 7, 12180, 22, 1152), // storage.k8s.io/v1beta1 CSINode
    r(121, 11, 12156, 17, 1123), // storage.k8s.io/v1 CSINodeList
    r(121, 11, 12180, 22, 1154), // storage.k8s.io/v1beta1 CSINodeList
    r(133, 18, 12156, 17, 1125), // storage.k8s.io/v1 CSIStorageCapacity
    r(133, 18, 12156, 23, 1139), // storage.k8s.io/v1alpha1 CSIStorageCapacity
    r(133, 18, 12180, 22, 1156), // storage.k8s.io/v1beta1 CSIStorageCapacity
    r(133, 22, 12156, 17, 1126), // storage.k8s.io/v1 CSIStorageCapacityList
    r(133, 22, 12156, 23, 1140), // storage.k8s.io/v1alpha1 CSIStorageCapacityList
    r(133, 22, 12180, 22, 1157), // storage.k8s.io/v1beta1 CSIStorageCapacityList
    r(156, 25, 3333, 22, 361), // certificates.k8s.io/v1 CertificateSigningRequest
    r(156, 25, 3362, 27, 369), // certificates.k8s.io/v1beta1 CertificateSigningRequest
    r(156, 29, 3333, 22, 363), // certificates.k8s.io/v1 CertificateSigningRequestList
    r(156, 29, 3362, 27, 371), // certificates.k8s.io/v1beta1 CertificateSigningRequestList
    r(186, 11, 10138, 28, 913), // rbac.authorization.k8s.io/v1 ClusterRole
    r(186, 11, 10138, 34, 925), // rbac.authorization.k8s.io/v1alpha1 ClusterRole
    r(186, 11, 10173, 33, 937), // rbac.authorization.k8s.io/v1beta1 ClusterRole
    r(186, 18, 10138, 28, 914), // rbac.authorization.k8s.io/v1 ClusterRoleBinding
    r(186, 18, 10138, 34, 926), // rbac.authorization.k8s.io/v1alpha1 ClusterRoleBinding
    r(186, 18, 10173, 33, 938), // rbac.authorization.k8s.io/v1beta1 ClusterRoleBinding
    r(186, 22, 10138, 28, 915), // rbac.authorization.k8s.io/v1 ClusterRoleBindingList
    r(186, 22, 10138, 34, 927), // rbac.authorization.k8s.io/v1alpha1 ClusterRoleBindingList
    r(186, 22, 10173, 33, 939), // rbac.authorization.k8s.io/v1beta1 ClusterRoleBindingList
    r(209, 15, 10138, 28, 916), // rbac.authorization.k8s.io/v1 ClusterRoleList
    r(209, 15, 10138, 34, 928), // rbac.authorization.k8s.io/v1alpha1 ClusterRoleList
    r(209, 15, 10173, 33, 940), // rbac.authorization.k8s.io/v1beta1 ClusterRoleList
    r(225, 18, 3333, 28, 366), // certificates.k8s.io/v1alpha1 ClusterTrustBundle
    r(225, 18, 3362, 27, 374), // certificates.k8s.io/v1beta1 ClusterTrustBundle
    r(225, 22, 3333, 28, 367), // certificates.k8s.io/v1alpha1 ClusterTrustBundleList
    r(225, 22, 3362, 27, 375), // certificates.k8s.io/v1beta1 ClusterTrustBundleList
    r(248, 15, 2024, 2, 411), // v1 ComponentStatus
    r(248, 19, 2024, 2, 412), // v1 ComponentStatusList
    r(268, 9, 2024, 2, 413), // v1 ConfigMap
    r(268, 13, 2024, 2, 416), // v1 ConfigMapList
    r(282, 18, 2628, 7, 175), // apps/v1 ControllerRevision
    r(282, 18, 2628, 12, 205), // apps/v1beta1 ControllerRevision
    r(282, 18, 2641, 12, 228), // apps/v1beta2 ControllerRevision
    r(282, 22, 2628, 7, 176), // apps/v1 ControllerRevisionList
    r(282, 22, 2628, 12, 206), // apps/v1beta1 ControllerRevisionList
    r(282, 22, 2641, 12, 229), // apps/v1beta2 ControllerRevisionList
    r(305, 16, 2526, 23, 114), // apiextensions.k8s.io/v1 ConversionReview
    r(305, 16, 2526, 28, 140), // apiextensions.k8s.io/v1beta1 ConversionReview
    r(322, 13, 2024, 2, 799), // v1 CreateOptions
    r(336, 7, 3050, 8, 339), // batch/v1 CronJob
    r(336, 7, 3050, 13, 356), // batch/v1beta1 CronJob
    r(336, 11, 3050, 8, 340), // batch/v1 CronJobList
    r(336, 11, 3050, 13, 357), // batch/v1beta1 CronJobList
    r(348, 24, 2526, 23, 117), // apiextensions.k8s.io/v1 CustomResourceDefinition
    r(348, 24, 2526, 28, 143), // apiextensions.k8s.io/v1beta1 CustomResourceDefinition
    r(348, 28, 2526, 23, 119), // apiextensions.k8s.io/v1 CustomResourceDefinitionList
    r(348, 28, 2526, 28, 145), // apiextensions.k8s.io/v1beta1 CustomResourceDefinitionList
    r(377, 9, 2628, 7, 177), // apps/v1 DaemonSet
    r(377, 9, 2641, 12, 230), // apps/v1beta2 DaemonSet
    r(377, 9, 5454, 18, 652), // extensions/v1beta1 DaemonSet
    r(377, 13, 2628, 7, 179), // apps/v1 DaemonSetList
    r(377, 13, 2641, 12, 232), // apps/v1beta2 DaemonSetList
    r(377, 13, 5454, 18, 654), // extensions/v1beta1 DaemonSetList
    r(391, 13, 2024, 2, 800), // v1 DeleteOptions
    r(405, 10, 2628, 7, 183), // apps/v1 Deployment
    r(405, 10, 2628, 12, 207), // apps/v1beta1 Deployment
    r(405, 10, 2641, 12, 236), // apps/v1beta2 Deployment
    r(405, 10, 5454, 18, 658), // extensions/v1beta1 Deployment
    r(405, 14, 2628, 7, 185), // apps/v1 DeploymentList
    r(405, 14, 2628, 12, 209), // apps/v1beta1 DeploymentList
    r(405, 14, 2641, 12, 238), // apps/v1beta2 DeploymentList
    r(405, 14, 5454, 18, 660), // extensions/v1beta1 DeploymentList
    r(420, 18, 2628, 12, 210), // apps/v1beta1 DeploymentRollback
    r(420, 18, 5454, 18, 661), // extensions/v1beta1 DeploymentRollback
    r(439, 11, 10676, 18, 963), // resource.k8s.io/v1 DeviceClass
    r(439, 11, 10701, 23, 1019), // resource.k8s.io/v1beta1 DeviceClass
    r(439, 11, 10725, 23, 1062), // resource.k8s.io/v1beta2 DeviceClass
    r(439, 15, 10676, 18, 965), // resource.k8s.io/v1 DeviceClassList
    r(439, 15, 10701, 23, 1021), // resource.k8s.io/v1beta1 DeviceClassList
    r(439, 15, 10725, 23, 1064), // resource.k8s.io/v1beta2 DeviceClassList
    r(455, 15, 10676, 24, 993), // resource.k8s.io/v1alpha3 DeviceTaintRule
    r(455, 15, 10725, 23, 1074), // resource.k8s.io/v1beta2 DeviceTaintRule
    r(455, 19, 10676, 24, 994), // resource.k8s.io/v1alpha3 DeviceTaintRuleList
    r(455, 19, 10725, 23, 1075), // resource.k8s.io/v1beta2 DeviceTaintRuleList
    r(475, 13, 4816, 19, 634), // discovery.k8s.io/v1 EndpointSlice
    r(475, 13, 4816, 24, 642), // discovery.k8s.io/v1beta1 EndpointSlice
    r(475, 17, 4816, 19, 635), // discovery.k8s.io/v1 EndpointSliceList
    r(475, 17, 4816, 24, 643), // discovery.k8s.io/v1beta1 EndpointSliceList
    r(493, 9, 2024, 2, 441), // v1 Endpoints
    r(493, 13, 2024, 2, 442), // v1 EndpointsList
    r(507, 5, 5213, 16, 646), // events.k8s.io/v1 Event
    r(507, 5, 5213, 21, 649), // events.k8s.io/v1beta1 Event
    r(507, 5, 2024, 2, 449), // v1 Event
    r(507, 9, 5213, 16, 647), // events.k8s.io/v1 EventList
    r(507, 9, 5213, 21, 650), // events.k8s.io/v1beta1 EventList
    r(507, 9, 2024, 2, 450), // v1 EventList
    r(13253, 8, 9538, 9, 902), // policy/v1 Eviction
    r(13253, 8, 9538, 14, 907), // policy/v1beta1 Eviction
    r(517, 10, 5794, 31, 699), // flowcontrol.apiserver.k8s.io/v1 FlowSchema
    r(517, 10, 5794, 36, 722), // flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema
    r(517, 10, 5831, 36, 745), // flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema
    r(517, 10, 5868, 36, 768), // flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema
    r(517, 14, 5794, 31, 701), // flowcontrol.apiserver.k8s.io/v1 FlowSchemaList
    r(517, 14, 5794, 36, 724), // flowcontrol.apiserver.k8s.io/v1beta1 FlowSchemaList
    r(517, 14, 5831, 36, 747), // flowcontrol.apiserver.k8s.io/v1beta2 FlowSchemaList
    r(517, 14, 5868, 36, 770), // flowcontrol.apiserver.k8s.io/v1beta3 FlowSchemaList
    r(532, 10, 2024, 2, 802), // v1 GetOptions
    r(543, 23, 2912, 14, 308), // autoscaling/v1 HorizontalPodAutoscaler
    r(543, 23, 2927, 14, 322), // autoscaling/v2 HorizontalPodAutoscaler
    r(543, 27, 2912, 14, 309), // autoscaling/v1 HorizontalPodAutoscalerList
    r(543, 27, 2927, 14, 325), // autoscaling/v2 HorizontalPodAutoscalerList
    r(571, 9, 8164, 20, 831), // networking.k8s.io/v1 IPAddress
    r(571, 9, 8164, 25, 866), // networking.k8s.io/v1beta1 IPAddress
    r(571, 13, 8164, 20, 832), // networking.k8s.io/v1 IPAddressList
    r(571, 13, 8164, 25, 867), // networking.k8s.io/v1beta1 IPAddressList
    r(585, 11, 6513, 27, 789), // imagepolicy.k8s.io/v1alpha1 ImageReview
    r(597, 7, 5454, 18, 668), // extensions/v1beta1 Ingress
    r(597, 7, 8164, 20, 835), // networking.k8s.io/v1 Ingress
    r(597, 7, 8164, 25, 869), // networking.k8s.io/v1beta1 Ingress
    r(597, 12, 8164, 20, 837), // networking.k8s.io/v1 IngressClass
    r(597, 12, 8164, 25, 871), // networking.k8s.io/v1beta1 IngressClass
    r(597, 16, 8164, 20, 838), // networking.k8s.io/v1 IngressClassList
    r(597, 16, 8164, 25, 872), // networking.k8s.io/v1beta1 IngressClassList
    r(614, 11, 5454, 18, 670), // extensions/v1beta1 IngressList
    r(614, 11, 8164, 20, 841), // networking.k8s.io/v1 IngressList
    r(614, 11, 8164, 25, 875), // networking.k8s.io/v1beta1 IngressList
    r(340, 3, 3050, 8, 343), // batch/v1 Job
    r(340, 7, 3050, 8, 345), // batch/v1 JobList
    r(635, 5, 4028, 22, 381), // coordination.k8s.io/v1 Lease
    r(635, 5, 4057, 27, 387), // coordination.k8s.io/v1beta1 Lease
    r(635, 14, 4028, 28, 384), // coordination.k8s.io/v1alpha2 LeaseCandidate
    r(635, 14, 4057, 27, 388), // coordination.k8s.io/v1beta1 LeaseCandidate
    r(635, 18, 4028, 28, 385), // coordination.k8s.io/v1alpha2 LeaseCandidateList
    r(635, 18, 4057, 27, 389), // coordination.k8s.io/v1beta1 LeaseCandidateList
    r(654, 9, 4028, 22, 382), // coordination.k8s.io/v1 LeaseList
    r(654, 9, 4057, 27, 391), // coordination.k8s.io/v1beta1 LeaseList
    r(664, 10, 2024, 2, 476), // v1 LimitRange
    r(664, 14, 2024, 2, 478), // v1 LimitRangeList
    r(30, 4, 2024, 2, 481), // v1 List
    r(679, 11, 2024, 2, 810), // v1 ListOptions
    r(691, 24, 10143, 23, 281), // authorization.k8s.io/v1 LocalSubjectAccessReview
    r(691, 24, 10178, 28, 294), // authorization.k8s.io/v1beta1 LocalSubjectAccessReview
    r(716, 23, 2056, 31, 12), // admissionregistration.k8s.io/v1 MutatingAdmissionPolicy
    r(716, 23, 2056, 37, 48), // admissionregistration.k8s.io/v1alpha1 MutatingAdmissionPolicy
    r(716, 23, 2094, 36, 74), // admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicy
    r(716, 30, 2056, 31, 13), // admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding
    r(716, 30, 2056, 37, 49), // admissionregistration.k8s.io/v1alpha1 MutatingAdmissionPolicyBinding
    r(716, 30, 2094, 36, 75), // admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicyBinding
    r(716, 34, 2056, 31, 14), // admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBindingList
    r(716, 34, 2056, 37, 50), // admissionregistration.k8s.io/v1alpha1 MutatingAdmissionPolicyBindingList
    r(716, 34, 2094, 36, 76), // admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicyBindingList
    r(751, 27, 2056, 31, 16), // admissionregistration.k8s.io/v1 MutatingAdmissionPolicyList
    r(751, 27, 2056, 37, 52), // admissionregistration.k8s.io/v1alpha1 MutatingAdmissionPolicyList
    r(751, 27, 2094, 36, 78), // admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicyList
    r(779, 28, 2056, 31, 19), // admissionregistration.k8s.io/v1 MutatingWebhookConfiguration
    r(779, 28, 2094, 36, 81), // admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration
    r(779, 32, 2056, 31, 20), // admissionregistration.k8s.io/v1 MutatingWebhookConfigurationList
    r(779, 32, 2094, 36, 82), // admissionregistration.k8s.io/v1beta1 MutatingWebhookConfigurationList
    r(812, 9, 2024, 2, 488), // v1 Namespace
    r(812, 13, 2024, 2, 490), // v1 NamespaceList
    r(826, 13, 5454, 18, 679), // extensions/v1beta1 NetworkPolicy
    r(826, 13, 8164, 20, 851), // networking.k8s.io/v1 NetworkPolicy
    r(826, 17, 5454, 18, 682), // extensions/v1beta1 NetworkPolicyList
    r(826, 17, 8164, 20, 854), // networking.k8s.io/v1 NetworkPolicyList
    r(124, 4, 2024, 2, 493), // v1 Node
    r(124, 8, 2024, 2, 502), // v1 NodeList
    r(844, 11, 7863, 22, 825), // metrics.k8s.io/v1beta1 NodeMetrics
    r(844, 15, 7863, 22, 826), // metrics.k8s.io/v1beta1 NodeMetricsList
    r(860, 16, 2024, 2, 503), // v1 NodeProxyOptions
    r(877, 21, 7839, 14, 814), // meta.k8s.io/v1 PartialObjectMetadata
    r(877, 25, 7839, 14, 815), // meta.k8s.io/v1 PartialObjectMetadataList
    r(903, 12, 2024, 2, 816), // v1 PatchOptions
    r(916, 16, 2024, 2, 515), // v1 PersistentVolume
    r(916, 21, 2024, 2, 516), // v1 PersistentVolumeClaim
    r(916, 25, 2024, 2, 518), // v1 PersistentVolumeClaimList
    r(942, 20, 2024, 2, 523), // v1 PersistentVolumeList
    r(553, 3, 2024, 2, 528), // v1 Pod
    r(963, 16, 2024, 2, 532), // v1 PodAttachOptions
    r(980, 21, 3362, 27, 377), // certificates.k8s.io/v1beta1 PodCertificateRequest
    r(980, 25, 3362, 27, 378), // certificates.k8s.io/v1beta1 PodCertificateRequestList
    r(1006, 19, 9538, 9, 903), // policy/v1 PodDisruptionBudget
    r(1006, 19, 9538, 14, 908), // policy/v1beta1 PodDisruptionBudget
    r(1006, 23, 9538, 9, 904), // policy/v1 PodDisruptionBudgetList
    r(1006, 23, 9538, 14, 909), // policy/v1beta1 PodDisruptionBudgetList
    r(1030, 14, 2024, 2, 537), // v1 PodExecOptions
    r(1045, 8, 11210, 26, 1100), // scheduling.k8s.io/v1alpha2 PodGroup
    r(1045, 12, 11210, 26, 1101), // scheduling.k8s.io/v1alpha2 PodGroupList
    r(1058, 7, 2024, 2, 540), // v1 PodList
    r(1066, 13, 2024, 2, 541), // v1 PodLogOptions
    r(1080, 10, 7863, 22, 827), // metrics.k8s.io/v1beta1 PodMetrics
    r(1080, 14, 7863, 22, 828), // metrics.k8s.io/v1beta1 PodMetricsList
    r(1095, 21, 2024, 2, 543), // v1 PodPortForwardOptions
    r(1117, 15, 2024, 2, 544), // v1 PodProxyOptions
    r(1133, 15, 2024, 2, 553), // v1 PodStatusResult
    r(1149, 11, 2024, 2, 554), // v1 PodTemplate
    r(1149, 15, 2024, 2, 555), // v1 PodTemplateList
    r(1165, 13, 11210, 20, 1096), // scheduling.k8s.io/v1 PriorityClass
    r(1165, 13, 11237, 25, 1116), // scheduling.k8s.io/v1beta1 PriorityClass
    r(1165, 17, 11210, 20, 1097), // scheduling.k8s.io/v1 PriorityClassList
    r(1165, 17, 11237, 25, 1117), // scheduling.k8s.io/v1beta1 PriorityClassList
    r(1183, 26, 5794, 31, 709), // flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration
    r(1183, 26, 5794, 36, 732), // flowcontrol.apiserver.k8s.io/v1beta1 PriorityLevelConfiguration
    r(1183, 26, 5831, 36, 755), // flowcontrol.apiserver.k8s.io/v1beta2 PriorityLevelConfiguration
    r(1183, 26, 5868, 36, 778), // flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration
    r(1183, 30, 5794, 31, 711), // flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfigurationList
    r(1183, 30, 5794, 36, 734), // flowcontrol.apiserver.k8s.io/v1beta1 PriorityLevelConfigurationList
    r(1183, 30, 5831, 36, 757), // flowcontrol.apiserver.k8s.io/v1beta2 PriorityLevelConfigurationList
    r(1183, 30, 5868, 36, 780), // flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfigurationList
    r(1214, 15, 2024, 2, 566), // v1 RangeAllocation
    r(1230, 10, 2628, 7, 189), // apps/v1 ReplicaSet
    r(1230, 10, 2641, 12, 242), // apps/v1beta2 ReplicaSet
    r(1230, 10, 5454, 18, 686), // extensions/v1beta1 ReplicaSet
    r(1230, 14, 2628, 7, 191), // apps/v1 ReplicaSetList
    r(1230, 14, 2641, 12, 244), // apps/v1beta2 ReplicaSetList
    r(1230, 14, 5454, 18, 688), // extensions/v1beta1 ReplicaSetList
    r(1245, 21, 2024, 2, 567), // v1 ReplicationController
    r(1245, 25, 2024, 2, 569), // v1 ReplicationControllerList
    r(1271, 13, 10676, 18, 980), // resource.k8s.io/v1 ResourceClaim
    r(1271, 13, 10701, 23, 1035), // resource.k8s.io/v1beta1 ResourceClaim
    r(1271, 13, 10725, 23, 1084), // resource.k8s.io/v1beta2 ResourceClaim
    r(1271, 17, 10676, 18, 982), // resource.k8s.io/v1 ResourceClaimList
    r(1271, 17, 10701, 23, 1037), // resource.k8s.io/v1beta1 ResourceClaimList
    r(1271, 17, 10725, 23, 1086), // resource.k8s.io/v1beta2 ResourceClaimList
    r(1289, 21, 10676, 18, 985), // resource.k8s.io/v1 ResourceClaimTemplate
    r(1289, 21, 10701, 23, 1040), // resource.k8s.io/v1beta1 ResourceClaimTemplate
    r(1289, 21, 10725, 23, 1089), // resource.k8s.io/v1beta2 ResourceClaimTemplate
    r(1289, 25, 10676, 18, 986), // resource.k8s.io/v1 ResourceClaimTemplateList
    r(1289, 25, 10701, 23, 1041), // resource.k8s.io/v1beta1 ResourceClaimTemplateList
    r(1289, 25, 10725, 23, 1090), // resource.k8s.io/v1beta2 ResourceClaimTemplateList
    r(1315, 25, 10676, 24, 999), // resource.k8s.io/v1alpha3 ResourcePoolStatusRequest
    r(1315, 29, 10676, 24, 1000), // resource.k8s.io/v1alpha3 ResourcePoolStatusRequestList
    r(1345, 13, 2024, 2, 575), // v1 ResourceQuota
    r(1345, 17, 2024, 2, 576), // v1 ResourceQuotaList
    r(1363, 13, 10676, 18, 989), // resource.k8s.io/v1 ResourceSlice
    r(1363, 13, 10701, 23, 1044), // resource.k8s.io/v1beta1 ResourceSlice
    r(1363, 13, 10725, 23, 1093), // resource.k8s.io/v1beta2 ResourceSlice
    r(1363, 17, 10676, 18, 990), // resource.k8s.io/v1 ResourceSliceList
    r(1363, 17, 10701, 23, 1045), // resource.k8s.io/v1beta1 ResourceSliceList
    r(1363, 17, 10725, 23, 1094), // resource.k8s.io/v1beta2 ResourceSliceList
    r(193, 4, 10138, 28, 918), // rbac.authorization.k8s.io/v1 Role
    r(193, 4, 10138, 34, 930), // rbac.authorization.k8s.io/v1alpha1 Role
    r(193, 4, 10173, 33, 942), // rbac.authorization.k8s.io/v1beta1 Role
    r(193, 11, 10138, 28, 919), // rbac.authorization.k8s.io/v1 RoleBinding
    r(193, 11, 10138, 34, 931), // rbac.authorization.k8s.io/v1alpha1 RoleBinding
    r(193, 11, 10173, 33, 943), // rbac.authorization.k8s.io/v1beta1 RoleBinding
    r(193, 15, 10138, 28, 920), // rbac.authorization.k8s.io/v1 RoleBindingList
    r(193, 15, 10138, 34, 932), // rbac.authorization.k8s.io/v1alpha1 RoleBindingList
    r(193, 15, 10173, 33, 944), // rbac.authorization.k8s.io/v1beta1 RoleBindingList
    r(216, 8, 10138, 28, 921), // rbac.authorization.k8s.io/v1 RoleList
    r(216, 8, 10138, 34, 933), // rbac.authorization.k8s.io/v1alpha1 RoleList
    r(216, 8, 10173, 33, 945), // rbac.authorization.k8s.io/v1beta1 RoleList
    r(1381, 12, 8194, 14, 890), // node.k8s.io/v1 RuntimeClass
    r(1381, 12, 8194, 20, 894), // node.k8s.io/v1alpha1 RuntimeClass
    r(1381, 12, 8215, 19, 899), // node.k8s.io/v1beta1 RuntimeClass
    r(1381, 16, 8194, 14, 891), // node.k8s.io/v1 RuntimeClassList
    r(1381, 16, 8194, 20, 895), // node.k8s.io/v1alpha1 RuntimeClassList
    r(1381, 16, 8215, 19, 900), // node.k8s.io/v1beta1 RuntimeClassList
    r(7114, 5, 2628, 12, 217), // apps/v1beta1 Scale
    r(7114, 5, 2641, 12, 250), // apps/v1beta2 Scale
    r(7114, 5, 2912, 14, 312), // autoscaling/v1 Scale
    r(7114, 5, 5454, 18, 694), // extensions/v1beta1 Scale
    r(1398, 6, 2024, 2, 587), // v1 Secret
    r(1398, 10, 2024, 2, 590), // v1 SecretList
    r(1409, 23, 10143, 23, 286), // authorization.k8s.io/v1 SelfSubjectAccessReview
    r(1409, 23, 10178, 28, 299), // authorization.k8s.io/v1beta1 SelfSubjectAccessReview
    r(1433, 17, 2822, 24, 262), // authentication.k8s.io/v1 SelfSubjectReview
    r(1433, 17, 2822, 30, 271), // authentication.k8s.io/v1alpha1 SelfSubjectReview
    r(1433, 17, 2853, 29, 273), // authentication.k8s.io/v1beta1 SelfSubjectReview
    r(1451, 22, 10143, 23, 288), // authorization.k8s.io/v1 SelfSubjectRulesReview
    r(1451, 22, 10178, 28, 301), // authorization.k8s.io/v1beta1 SelfSubjectRulesReview
    r(1474, 19, 2024, 2, 595), // v1 SerializedReference
    r(67, 7, 2024, 2, 596), // v1 Service
    r(1494, 14, 2024, 2, 597), // v1 ServiceAccount
    r(1494, 18, 2024, 2, 598), // v1 ServiceAccountList
    r(1513, 11, 8164, 20, 860), // networking.k8s.io/v1 ServiceCIDR
    r(1513, 11, 8164, 25, 885), // networking.k8s.io/v1beta1 ServiceCIDR
    r(1513, 15, 8164, 20, 861), // networking.k8s.io/v1 ServiceCIDRList
    r(1513, 15, 8164, 25, 886), // networking.k8s.io/v1beta1 ServiceCIDRList
    r(67, 11, 2024, 2, 600), // v1 ServiceList
    r(1529, 19, 2024, 2, 602), // v1 ServiceProxyOptions
    r(1549, 11, 2628, 7, 197), // apps/v1 StatefulSet
    r(1549, 11, 2628, 12, 220), // apps/v1beta1 StatefulSet
    r(1549, 11, 2641, 12, 253), // apps/v1beta2 StatefulSet
    r(1549, 15, 2628, 7, 199), // apps/v1 StatefulSetList
    r(1549, 15, 2628, 12, 222), // apps/v1beta1 StatefulSetList
    r(1549, 15, 2641, 12, 255), // apps/v1beta2 StatefulSetList
    r(257, 6, 2024, 2, 820), // v1 Status
    r(1565, 12, 12156, 17, 1127), // storage.k8s.io/v1 StorageClass
    r(1565, 12, 12180, 22, 1158), // storage.k8s.io/v1beta1 StorageClass
    r(1565, 16, 12156, 17, 1128), // storage.k8s.io/v1 StorageClassList
    r(1565, 16, 12180, 22, 1159), // storage.k8s.io/v1beta1 StorageClassList
    r(1582, 14, 6717, 34, 170), // internal.apiserver.k8s.io/v1alpha1 StorageVersion
    r(1582, 18, 6717, 34, 172), // internal.apiserver.k8s.io/v1alpha1 StorageVersionList
    r(1601, 23, 12329, 31, 1170), // storagemigration.k8s.io/v1beta1 StorageVersionMigration
    r(1601, 27, 12329, 31, 1171), // storagemigration.k8s.io/v1beta1 StorageVersionMigrationList
    r(696, 19, 10143, 23, 290), // authorization.k8s.io/v1 SubjectAccessReview
    r(696, 19, 10178, 28, 303), // authorization.k8s.io/v1beta1 SubjectAccessReview
    r(1629, 12, 2822, 24, 264), // authentication.k8s.io/v1 TokenRequest
    r(1642, 11, 2822, 24, 267), // authentication.k8s.io/v1 TokenReview
    r(1642, 11, 2853, 29, 275), // authentication.k8s.io/v1beta1 TokenReview
    r(1654, 13, 2024, 2, 823), // v1 UpdateOptions
    r(1668, 25, 2056, 31, 29), // admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy
    r(1668, 25, 2056, 37, 59), // admissionregistration.k8s.io/v1alpha1 ValidatingAdmissionPolicy
    r(1668, 25, 2094, 36, 89), // admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicy
    r(1668, 32, 2056, 31, 30), // admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding
    r(1668, 32, 2056, 37, 60), // admissionregistration.k8s.io/v1alpha1 ValidatingAdmissionPolicyBinding
    r(1668, 32, 2094, 36, 90), // admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicyBinding
    r(1668, 36, 2056, 31, 31), // admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBindingList
    r(1668, 36, 2056, 37, 61), // admissionregistration.k8s.io/v1alpha1 ValidatingAdmissionPolicyBindingList
    r(1668, 36, 2094, 36, 91), // admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicyBindingList
    r(1705, 29, 2056, 31, 33), // admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyList
    r(1705, 29, 2056, 37, 63), // admissionregistration.k8s.io/v1alpha1 ValidatingAdmissionPolicyList
    r(1705, 29, 2094, 36, 93), // admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicyList
    r(1735, 30, 2056, 31, 37), // admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration
    r(1735, 30, 2094, 36, 97), // admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration
    r(1735, 34, 2056, 31, 38), // admissionregistration.k8s.io/v1 ValidatingWebhookConfigurationList
    r(1735, 34, 2094, 36, 98), // admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfigurationList
    r(1770, 16, 12156, 17, 1130), // storage.k8s.io/v1 VolumeAttachment
    r(1770, 16, 12156, 23, 1141), // storage.k8s.io/v1alpha1 VolumeAttachment
    r(1770, 16, 12180, 22, 1161), // storage.k8s.io/v1beta1 VolumeAttachment
    r(1770, 20, 12156, 17, 1131), // storage.k8s.io/v1 VolumeAttachmentList
    r(1770, 20, 12156, 23, 1142), // storage.k8s.io/v1alpha1 VolumeAttachmentList
    r(1770, 20, 12180, 22, 1162), // storage.k8s.io/v1beta1 VolumeAttachmentList
    r(1791, 21, 12156, 17, 1135), // storage.k8s.io/v1 VolumeAttributesClass
    r(1791, 21, 12156, 23, 1146), // storage.k8s.io/v1alpha1 VolumeAttributesClass
    r(1791, 21, 12180, 22, 1166), // storage.k8s.io/v1beta1 VolumeAttributesClass
    r(1791, 25, 12156, 17, 1136), // storage.k8s.io/v1 VolumeAttributesClassList
    r(1791, 25, 12156, 23, 1147), // storage.k8s.io/v1alpha1 VolumeAttributesClassList
    r(1791, 25, 12180, 22, 1167), // storage.k8s.io/v1beta1 VolumeAttributesClassList
    r(1817, 8, 11210, 26, 1112), // scheduling.k8s.io/v1alpha2 Workload
    r(1817, 12, 11210, 26, 1113), // scheduling.k8s.io/v1alpha2 WorkloadList
];
