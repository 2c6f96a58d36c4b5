import type { FailureKind } from '../../model/failure.ts'

/**
 * What else a refusal holds for, so that it is not asked again: `pool`, this size and market in its place; `size`, this size in the region; `family`, its family and market in
 * the region; `market`, its market in the region; `region`, everything there.
 */
export type Reach = 'pool' | 'size' | 'family' | 'market' | 'region'

/** What an answer of Azure means here. */
export interface CodeRow {
  readonly kind: FailureKind
  readonly why?: string
  readonly fix?: string
  /** Undefined for what is about nothing but the call itself. */
  readonly reach?: Reach
}

const noCapacity: CodeRow = {
  kind: 'capacity-unavailable',
  why: 'Azure has no machine of this size left there at this moment, or does not sell it to this subscription there.',
  fix: 'name more regions or sizes (`cloud-region` and `cloud-type` take lists), add `cloud-spot-fallback` to a spot launch, or try again later. What is sold to you: az vm list-skus --location REGION --resource-type virtualMachines --all --output table',
  reach: 'pool',
}

export const quotaOf = (what: string, reach: Reach): CodeRow => ({
  kind: 'quota-exceeded',
  why: `The subscription’s quota of ${what} is used up there, or was never raised from zero, as usual for GPUs.`,
  fix: 'ask for more at https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas, or name another size, market or region.',
  reach,
})

const busy: CodeRow = {
  kind: 'rate-limited',
  why: 'The request rate of this subscription is exceeded; repeating the request did not help.',
  fix: 'try again in a minute; look for other programs that poll Azure in this subscription.',
}

const broken: CodeRow = {
  kind: 'unavailable',
  why: 'Azure itself failed; repeating the request did not help.',
  fix: 'try again later; see https://azure.status.microsoft.',
}

const noSpot: CodeRow = {
  kind: 'failed-precondition',
  why: 'Azure sells this size, or sells to this subscription, no spot machines.',
  fix: 'name another size, leave `cloud-spot` out, or add `cloud-spot-fallback`.',
  reach: 'size',
}

const noLogin: CodeRow = { kind: 'unauthenticated' }
const noPermission: CodeRow = { kind: 'permission-denied' }

export const noTerms: CodeRow = {
  kind: 'permission-denied',
  why: 'The image is sold in the marketplace, and nobody has accepted its terms for this subscription, or it may buy nothing there.',
  fix: 'accept them, with the words of `cloud-image`: az vm image terms accept --urn PUBLISHER:OFFER:SKU:latest',
}

const noStart: CodeRow = {
  kind: 'failed-precondition',
  why: 'The machine was made, and its operating system did not report that it had started: a fault of its host, or an image that is not made for Azure.',
  fix: 'try again; with an image of your own, look at its agent (cloud-init or waagent).',
}

export const noImage: CodeRow = {
  kind: 'failed-precondition',
  why: 'There is no such image, or not in that region.',
  fix: 'correct `cloud-image`; what there is: az vm image list --all --publisher PUBLISHER --location REGION --output table',
  reach: 'region',
}

/** By the code of an answer, or of an operation's error. https://learn.microsoft.com/azure/virtual-machines/error-codes-spot and …/azure-resource-manager/troubleshooting */
export const codes: Readonly<Record<string, CodeRow>> = {
  SkuNotAvailable: noCapacity,
  AllocationFailed: noCapacity,
  ZonalAllocationFailed: noCapacity,
  OverconstrainedAllocationRequest: noCapacity,
  OverconstrainedZonalAllocationRequest: noCapacity,
  SpotPriceGreaterThanProvidedMaxPrice: {
    kind: 'capacity-unavailable',
    why: 'The price of spot machines of this size is above `cloud-spot-price` there.',
    fix: 'raise it, name more regions or sizes, or add `cloud-spot-fallback`.',
    reach: 'pool',
  },
  AzureSpotFeatureNotEnabledForSubscription: { ...noSpot, reach: 'market' },
  AzureSpotIsNotSupportedForThisVMSize: noSpot,
  AzureSpotIsNotSupportedForThisAPIVersion: noSpot,

  TooManyRequests: busy,
  SubscriptionRequestsThrottled: busy,
  ResourceRequestsThrottled: busy,
  OperationRateExceeded: busy,

  RetryableError: broken,
  RetryableErrorDueToAnotherOperation: broken,
  AnotherOperationInProgress: broken,
  InternalServerError: broken,
  InternalExecutionError: broken,
  InternalOperationError: broken,
  ServerTimeout: broken,
  ServiceUnavailable: broken,
  GatewayTimeout: broken,
  ResourceReadFailed: broken,
  UnreadableAnswer: broken,

  AuthenticationFailed: noLogin,
  InvalidAuthenticationToken: noLogin,
  InvalidAuthenticationTokenTenant: noLogin,
  ExpiredAuthenticationToken: noLogin,
  AuthenticationFailedMissingToken: noLogin,
  SubscriptionNotFound: {
    kind: 'unauthenticated',
    why: 'There is no such subscription in the tenant of these credentials, or they have no role in it.',
  },
  InvalidSubscriptionId: {
    kind: 'unauthenticated',
    why: 'AZURE_SUBSCRIPTION_ID is not the id of a subscription.',
  },

  AuthorizationFailed: noPermission,
  LinkedAuthorizationFailed: noPermission,
  ReadOnlyDisabledSubscription: {
    kind: 'permission-denied',
    why: 'The subscription is disabled: its spending limit is reached, or it has not been paid.',
    fix: 'look at it at https://portal.azure.com/#view/Microsoft_Azure_Billing/SubscriptionsBladeV2.',
  },
  ScopeLocked: {
    kind: 'permission-denied',
    why: 'A lock on the group or the subscription forbids it.',
    fix: 'remove the lock; this shows those of a group: az lock list --resource-group GROUP',
  },
  MissingSubscriptionRegistration: noPermission,
  MarketplacePurchaseEligibilityFailed: noTerms,
  ResourcePurchaseValidationFailed: noTerms,
  ResourcePurchaseCanceled: noTerms,
  VMMarketplaceInvalidInput: noTerms,

  OSProvisioningInternalError: noStart,
  OSProvisioningTimedOut: noStart,
  OSProvisioningClientError: noStart,

  QuotaExceeded: quotaOf('what is named', 'family'),
  PublicIPCountLimitReached: quotaOf('public addresses', 'region'),
  PlatformImageNotFound: noImage,
  ImageNotFound: noImage,
  GalleryImageNotFound: noImage,
  LocationNotAvailableForResourceType: {
    kind: 'failed-precondition',
    why: 'There is no such region, or it is closed to this subscription.',
    fix: 'correct `cloud-region`; what there is: az account list-locations --output table',
    reach: 'region',
  },
  ResourceGroupBeingDeleted: {
    kind: 'failed-precondition',
    why: 'The group is being removed at this moment.',
    fix: 'wait for the end of that, or name another group in `cloud-azure-resource-group`.',
  },
}
